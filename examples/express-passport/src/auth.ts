import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { Body, Controller, HttpCode, Injectable, Post, UnauthorizedException } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { PassportStrategy } from '@nestjs/passport';
import { InjectRepository } from '@nestjs/typeorm';
import type { Principal } from '@parallax/tenant';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { Column, Entity, PrimaryColumn, type Repository } from 'typeorm';
import { required } from './environment.js';

export const JWT_SECRET = required('JWT_SECRET', 'The README has a line that makes one.');

@Entity('users')
export class User {
  @PrimaryColumn('text')
  email!: string;

  @Column({ name: 'password_hash', type: 'text' })
  passwordHash!: string;

  /** The tenants this person belongs to; the first is meant when a request names none. */
  @Column({ name: 'tenant_ids', type: 'uuid', array: true })
  tenantIds!: string[];
}

const HASH_BYTES = 32;
const stretch = promisify<string, Buffer, number, Buffer>(scrypt);

export async function hashPassword(password: string, salt = randomBytes(16)): Promise<string> {
  const hash = await stretch(password, salt, HASH_BYTES);
  return `${salt.toString('hex')}:${hash.toString('hex')}`;
}

async function matches(password: string, stored: string): Promise<boolean> {
  const [salt = ''] = stored.split(':');
  const hashed = await hashPassword(password, Buffer.from(salt, 'hex'));
  return timingSafeEqual(Buffer.from(hashed), Buffer.from(stored));
}

/** Compared with when there is no such user, so that the answer takes as long. */
const NOBODY = await hashPassword(randomBytes(16).toString('hex'));

@Controller('login')
export class LoginController {
  constructor(
    @InjectRepository(User, 'control') private readonly users: Repository<User>,
    private readonly jwt: JwtService,
  ) {}

  @Post()
  @HttpCode(200)
  async login(@Body() body: { email?: unknown; password?: unknown } = {}): Promise<{ accessToken: string }> {
    const [email, password] = [String(body.email), String(body.password)];
    const user = await this.users.findOneBy({ email });
    const welcome = await matches(password, user?.passwordHash ?? NOBODY);
    if (!user || !welcome) throw new UnauthorizedException();
    return { accessToken: this.jwt.sign({ sub: user.email }) };
  }
}

/** What it answers is `request.user`, where TenantGuard finds who is calling. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(@InjectRepository(User, 'control') private readonly users: Repository<User>) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKey: JWT_SECRET,
      algorithms: ['HS256'],
    });
  }

  /** Memberships are looked up, not read from the token: who leaves a tenant is out at once. */
  async validate({ sub }: { sub: string }): Promise<Principal> {
    const user = await this.users.findOneBy({ email: sub });
    if (!user) throw new UnauthorizedException();
    return { id: user.email, kind: 'user', roles: [], tenantIds: user.tenantIds };
  }
}
