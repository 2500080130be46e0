import { randomUUID } from 'node:crypto';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Controller, Injectable, UseFilters } from '@nestjs/common';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import {
  type ClientProxy,
  ClientProxyFactory,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  Transport,
} from '@nestjs/microservices';
import {
  CheckQuota,
  type Principal,
  QuotaManager,
  rawRequestOf,
  runTenantJob,
  runWithTenantContext,
  serializeTenantContext,
  type Tenant,
} from '@parallax/tenant';
import { firstValueFrom, type Observable, of, toArray } from 'rxjs';
import { freePort } from '../../../src/database/embedded/free-port.js';
import { countedPlans } from '../../support/counted.js';
import { credential, FixtureApp, memberOf } from '../../support/fixture-app.js';
import { TenantRpcFilter } from '../transports/rpc-filter.js';

const KEY = 'a key that both ends of the wire know, and nobody else';

@Resolver()
class RunsResolver {
  @Query(() => String)
  @CheckQuota('maxTokens')
  spend(): Promise<string> {
    return Promise.resolve('spent');
  }

  @CheckQuota('maxRuns')
  @Query(() => String)
  run(): Promise<string> {
    return Promise.resolve('done');
  }
}

@UseFilters(TenantRpcFilter)
@Controller()
class RunsHandlers {
  @MessagePattern('spend')
  @CheckQuota('maxTokens')
  spend(@Payload('data') data: string): Promise<string> {
    return Promise.resolve(data);
  }

  @CheckQuota('maxTokens')
  @MessagePattern('each')
  each(@Payload('data') data: string): Observable<string> {
    return of(data, data);
  }
}

@Injectable()
class Reports {
  @CheckQuota('maxTokens')
  async write(): Promise<string> {
    return Promise.resolve('written');
  }
}

describe('@CheckQuota', () => {
  let app: FixtureApp;
  let client: ClientProxy;
  let tenant: Tenant;

  beforeAll(async () => {
    const port = await freePort();
    const tcp: MicroserviceOptions = { transport: Transport.TCP, options: { host: '127.0.0.1', port } };
    app = await FixtureApp.start({
      adapter: 'express',
      tenant: {
        plans: countedPlans,
        payloads: { keys: [KEY] },
        principal: (context) => {
          const sent = rawRequestOf(context)?.headers['x-test-principal'];
          return sent === undefined ? undefined : (JSON.parse(String(sent)) as Principal);
        },
      },
      imports: [
        GraphQLModule.forRoot<ApolloDriverConfig>({
          driver: ApolloDriver,
          autoSchemaFile: true,
        }),
      ],
      controllers: [RunsHandlers],
      providers: [RunsResolver, Reports],
      configure: (starting) => void starting.connectMicroservice(tcp, { inheritAppConfig: true }),
    });
    await app.app.startAllMicroservices();
    client = ClientProxyFactory.create(tcp as Parameters<typeof ClientProxyFactory.create>[0]);
  });
  beforeEach(async () => {
    tenant = await app.tenants.createTenant(`T ${randomUUID()}`, {}, 'small');
  });
  afterAll(async () => {
    client.close();
    await app.close();
  });

  const used = async (resource: string): Promise<number> =>
    (await app.app.get(QuotaManager).getQuotaStatus(resource, { tenantId: tenant.id })).used;
  const payload = (data: unknown) =>
    runWithTenantContext({ tenantId: tenant.id, userId: 'ada' }, () => serializeTenantContext(data));

  it('counts a resolver of GraphQL, and refuses it', async () => {
    const ask = async (query: string): Promise<unknown> => {
      const response = await fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...credential(memberOf(tenant)) },
        body: JSON.stringify({ query }),
      });
      return response.json();
    };
    expect(await ask('{ run spend again: spend }')).toEqual({
      data: { run: 'done', spend: 'spent', again: 'spent' },
    });
    expect([await used('maxRuns'), await used('maxTokens')]).toEqual([1, 2]);
    expect(await ask('{ spend }')).toMatchObject({ errors: [{ path: ['spend'] }] });
    expect(app.errors).toMatchObject([{ code: 'QUOTA_EXCEEDED', resource: 'maxTokens' }]);
    expect(await used('maxTokens')).toBe(2);
  });

  it('counts a message handler, whether it answers once or as a stream', async () => {
    const ask = async (pattern: string) =>
      firstValueFrom(client.send<string>(pattern, await payload('hello')).pipe(toArray()));
    expect([await ask('spend'), await ask('each')]).toEqual([['hello'], ['hello', 'hello']]);
    expect(await used('maxTokens')).toBe(2);
    await expect(ask('spend')).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    await expect(ask('each')).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    expect(await used('maxTokens')).toBe(2);
  });

  it('counts what a job does in the name of a tenant, and nothing outside of one', async () => {
    const reports = app.app.get(Reports);
    const job = await payload('report');
    expect(await runTenantJob(job, () => reports.write())).toBe('written');
    expect(await used('maxTokens')).toBe(1);
    await expect(reports.write()).rejects.toMatchObject({ code: 'TENANT_SCOPE_MISSING' });
  });
});
