import { type OutgoingHttpHeaders, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ArgumentsHost,
  type CanActivate,
  Catch,
  type ExecutionContext,
  type INestApplication,
  Injectable,
  type ModuleMetadata,
} from '@nestjs/common';
import { BaseExceptionFilter, HttpAdapterHost } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  InMemoryTenantStore,
  type Principal,
  type Tenant,
  TenantModule,
  type TenantModuleExtras,
  type TenantModuleOptions,
  TenantService,
} from '@parallax/tenant';

export const ADAPTERS = ['fastify', 'express'] as const;
export type Adapter = (typeof ADAPTERS)[number];

const PRINCIPAL_HEADER = 'x-test-principal';

export interface FixtureOptions extends Omit<ModuleMetadata, 'exports'> {
  readonly adapter?: Adapter;
  readonly tenant?: Partial<TenantModuleOptions> & Pick<TenantModuleExtras, 'globalGuard'>;
  /** What main.ts would do before it listens. */
  readonly configure?: (app: INestApplication) => void;
}

export interface FixtureAnswer {
  readonly status: number;
  readonly text: string;
  /** The body, read as JSON. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what a server answered has no type of ours
  json(): any;
}

/** A small application around TenantModule on a port of its own, with nothing between it and the client. */
export class FixtureApp {
  private constructor(
    readonly app: INestApplication,
    readonly url: string,
    readonly tenants: TenantService,
    /** What was thrown, in order: what a client is told is less. */
    readonly errors: Error[],
  ) {}

  static async start({
    adapter = 'fastify',
    tenant,
    configure,
    ...metadata
  }: FixtureOptions = {}): Promise<FixtureApp> {
    const { globalGuard = true, ...options } = tenant ?? {};
    const module = await Test.createTestingModule({
      ...metadata,
      imports: [
        TenantModule.forRoot({
          principal: principalOf,
          store: new InMemoryTenantStore(),
          ...options,
          globalGuard,
        }),
        ...(metadata.imports ?? []),
      ],
    }).compile();
    const app = module.createNestApplication(
      adapter === 'fastify' ? new FastifyAdapter() : new ExpressAdapter(),
    );
    app.useLogger(false);
    const errors: Error[] = [];
    app.useGlobalFilters(new RecordingFilter(app.get(HttpAdapterHost), errors));
    configure?.(app);
    await app.listen(0, '127.0.0.1');
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    return new FixtureApp(app, `http://127.0.0.1:${port}`, app.get(TenantService), errors);
  }

  /** GET as this principal; null is nobody. */
  async get(
    path: string,
    principal: Principal | null,
    headers: Record<string, string> = {},
  ): Promise<FixtureAnswer> {
    const response = await fetch(this.url + path, { headers: { ...credential(principal), ...headers } });
    return answer(response.status, await response.text());
  }

  /** Sends what fetch would not: the path as written, headers repeated, a body that arrives in parts. */
  async send(
    path: string,
    principal: Principal | null,
    headers: OutgoingHttpHeaders,
    parts: readonly string[] = [],
  ): Promise<FixtureAnswer> {
    const outgoing = request(this.url, {
      path,
      method: parts.length > 0 ? 'POST' : 'GET',
      headers: { ...credential(principal), ...headers },
      agent: false,
    });
    const answered = new Promise<FixtureAnswer>((resolve, reject) => {
      outgoing.on('error', reject).on('response', (response) => {
        text(response).then((body) => resolve(answer(response.statusCode ?? 0, body)), reject);
      });
    });
    outgoing.flushHeaders();
    for (const part of parts) {
      await sleep(20);
      outgoing.write(part);
    }
    outgoing.end();
    return answered;
  }

  createTenant(name: string): Promise<Tenant> {
    return this.tenants.createTenant(name);
  }

  async deleteTenant({ id }: Tenant): Promise<void> {
    await this.tenants.deleteTenant(id, 'test');
  }

  close(): Promise<void> {
    // Keep-alive connections that fetch left open would be waited for.
    (this.app.getHttpServer() as Server).closeAllConnections();
    return this.app.close();
  }
}

function answer(status: number, body: string): FixtureAnswer {
  return { status, text: body, json: () => JSON.parse(body) as unknown };
}

/** The headers by which a fixture knows who is calling. */
export function credential(principal: Principal | null): Record<string, string> {
  return principal ? { [PRINCIPAL_HEADER]: JSON.stringify(principal) } : {};
}

export function memberOf(...tenants: readonly Tenant[]): Principal {
  return { id: 'ada', kind: 'user', roles: ['member'], tenantIds: tenants.map(({ id }) => id) };
}

export function operatorWith(...permissions: readonly string[]): Principal {
  return { id: 'olga', kind: 'operator', roles: [], permissions };
}

function principalOf(context: ExecutionContext): Principal | undefined {
  const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string | undefined> }>();
  const sent = headers[PRINCIPAL_HEADER];
  return sent === undefined ? undefined : (JSON.parse(sent) as Principal);
}

/** Authenticates as Passport's guards do: it leaves who is calling in `request.user`. */
@Injectable()
export class FakeJwtGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ user?: Principal | undefined }>();
    request.user = principalOf(context);
    return request.user !== undefined;
  }
}

@Catch()
class RecordingFilter extends BaseExceptionFilter<Error> {
  constructor(
    { httpAdapter }: HttpAdapterHost,
    private readonly errors: Error[],
  ) {
    super(httpAdapter);
  }

  override catch(error: Error, host: ArgumentsHost): void {
    this.errors.push(error);
    super.catch(error, host);
  }
}
