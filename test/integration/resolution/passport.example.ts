import { Controller, Get, Injectable, UseGuards } from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { CurrentTenant, type Principal, TenantGuard } from '@parallax/tenant';
import { ExtractJwt, Strategy } from 'passport-jwt';

interface Payload {
  readonly sub: string;
  /** uuids */
  readonly tenants: readonly string[];
  readonly roles: readonly string[];
}

/** What `validate` answers is `request.user`, where TenantGuard finds who is calling. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKeyProvider: (_request, _token, done) => done(null, process.env.JWT_SECRET),
      algorithms: ['HS256'],
    });
  }

  validate(payload: Payload): Principal {
    const { sub, tenants, roles } = payload;
    return { id: sub, kind: 'user', roles, tenantIds: tenants, claims: { ...payload } };
  }
}

@UseGuards(AuthGuard('jwt'), TenantGuard) // in this order: first who, then where
@Controller('notes')
export class NotesController {
  @Get()
  list(@CurrentTenant('tenantSlug') tenant: string, @CurrentTenant('userId') user: string): object {
    return { tenant, user };
  }
}
