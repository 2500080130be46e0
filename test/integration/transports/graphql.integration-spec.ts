import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import type { INestApplication } from '@nestjs/common';
import {
  Args,
  Field,
  GraphQLModule,
  Int,
  Mutation,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  CurrentTenant,
  InMemoryTenantStore,
  type Principal,
  type Tenant,
  TenantModule,
  TenantOptional,
} from '@parallax/tenant';
import { credential, memberOf } from '../../support/fixture-app.js';
import { formatTenantError } from './graphql-errors.js';
import { NotesFixture, NotesService, titleOf, titlesOf } from './notes-module.js';

@ObjectType('Note')
class NoteType {
  @Field(() => Int)
  place!: number;

  @Field(() => String, { nullable: true })
  title?: string;
}

/** Batches as DataLoader does: what is asked in one turn is read in the next, in the scope of who asked first. */
class TitleLoader {
  #asked: {
    readonly place: number;
    readonly resolve: (title?: string) => void;
    reject: (e: Error) => void;
  }[] = [];

  constructor(private readonly notes: NotesService) {}

  load(place: number): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#asked.push({ place, resolve, reject }) === 1) process.nextTick(() => void this.#read());
    });
  }

  async #read(): Promise<void> {
    const asked = this.#asked;
    this.#asked = [];
    try {
      const titles = await this.notes.titles();
      for (const { place, resolve } of asked) resolve(titles[place]);
    } catch (error) {
      for (const { reject } of asked) reject(error as Error);
    }
  }
}

@Resolver(() => NoteType)
class NotesResolver {
  constructor(private readonly notes: NotesService) {}

  @Query(() => [String])
  titles(): Promise<string[]> {
    return this.notes.titles();
  }

  @Query(() => String)
  who(@CurrentTenant('tenantSlug') slug: string): string {
    return slug;
  }

  @Query(() => [NoteType])
  list(): Omit<NoteType, 'title'>[] {
    // The loader of a request, as a factory in the context would make it.
    const loader = new TitleLoader(this.notes);
    return [0, 1, 2].map((place) => ({ place, loader }));
  }

  @ResolveField(() => String, { nullable: true })
  title(@Parent() { place, loader }: NoteType & { loader: TitleLoader }): Promise<string | undefined> {
    return loader.load(place);
  }

  @TenantOptional()
  @Query(() => [String])
  careless(): Promise<string[]> {
    return this.notes.titles();
  }

  @Mutation(() => [String])
  async create(@Args('title') title: string): Promise<string[]> {
    await this.notes.create(title);
    return (await this.notes.titles()).filter((each) => each === title);
  }
}

const DRIVERS = {
  'Apollo on Express': {
    adapter: () => new ExpressAdapter(),
    module: () =>
      GraphQLModule.forRoot<ApolloDriverConfig>({
        driver: ApolloDriver,
        autoSchemaFile: true,
        formatError: formatTenantError,
      }),
  },
  'Mercurius on Fastify': {
    adapter: () => new FastifyAdapter(),
    module: () =>
      GraphQLModule.forRoot<MercuriusDriverConfig>({
        driver: MercuriusDriver,
        autoSchemaFile: true,
        cache: false, // its cache is imported in a way Jest does not know
        errorFormatter: ({ data, errors }) => ({
          statusCode: 200,
          response: {
            data,
            errors: errors.map((error) => formatTenantError(error.toJSON(), error)) as never,
          },
        }),
      }),
  },
};

interface GraphqlAnswer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: { readonly message: string; readonly extensions?: Record<string, unknown> }[];
}

describe.each(Object.entries(DRIVERS))('GraphQL by %s', (_name, { adapter, module }) => {
  let fixture: NotesFixture;
  let app: INestApplication;
  let url: string;
  let a: Tenant;
  let b: Tenant;

  beforeAll(async () => {
    fixture = await NotesFixture.create();
    const testing = await Test.createTestingModule({
      imports: [
        TenantModule.forRoot({
          store: new InMemoryTenantStore(),
          principal: (context) => {
            const { req } = context.getArgByIndex<{ req: { headers: Record<string, string> } }>(2);
            const sent = req.headers['x-test-principal'];
            return sent === undefined ? undefined : (JSON.parse(sent) as Principal);
          },
        }),
        module(),
        fixture.module,
      ],
      providers: [NotesResolver],
    }).compile();
    app = testing.createNestApplication(adapter() as ExpressAdapter);
    app.useLogger(false);
    await app.listen(0, '127.0.0.1');
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    url = `http://127.0.0.1:${port}/graphql`;
    [a, b] = [await fixture.tenant(app, 'Alpha'), await fixture.tenant(app, 'Beta')];
  });
  afterAll(async () => {
    (app.getHttpServer() as Server).closeAllConnections();
    await app.close();
    await fixture.drop();
  });

  const ask = async (
    query: string,
    as: Principal | null,
    headers: Record<string, string> = {},
  ): Promise<GraphqlAnswer> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...credential(as), ...headers },
      body: JSON.stringify({ query }),
    });
    return (await response.json()) as GraphqlAnswer;
  };

  it('answers a query, its fields and several roots at once from the tenant, many of two at once', async () => {
    const turns = Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? a : b));
    const answers = await Promise.all(
      turns.map((tenant) => ask('{ who titles again: titles list { place title } }', memberOf(tenant))),
    );
    expect(answers).toEqual(
      turns.map((tenant) => ({
        data: {
          who: tenant.slug,
          titles: titlesOf(tenant),
          again: titlesOf(tenant),
          list: [0, 1, 2].map((place) => ({ place, title: titleOf(tenant, place) })),
        },
      })),
    );
  });

  it('writes by a mutation into the tenant, and nowhere else', async () => {
    const answer = await ask('mutation { create(title: "written") }', memberOf(a));
    expect(answer).toEqual({ data: { create: ['written'] } });
    expect((await ask('{ titles }', memberOf(a))).data?.titles).toContain('written');
    expect((await ask('{ titles }', memberOf(b))).data?.titles).not.toContain('written');
    await fixture.database.query("DELETE FROM note WHERE title = 'written'");
  });

  it('refuses nobody, and tells a foreign tenant from no tenant by nothing', async () => {
    const nobody = await ask('{ titles }', null);
    const foreign = await ask('{ titles }', memberOf(a), { 'x-tenant-id': b.id });
    const unknown = await ask('{ titles }', memberOf(a), { 'x-tenant-id': 'no-such-tenant' });
    expect(nobody.data ?? null).toBeNull();
    expect(nobody.errors).toEqual([
      expect.objectContaining({
        message: 'A valid credential is required.',
        extensions: { code: 'UNAUTHENTICATED' },
      }),
    ]);
    expect(foreign.data ?? null).toBeNull();
    expect(foreign.errors?.[0]?.extensions).toEqual({ code: 'TENANT_NOT_FOUND' });
    expect(foreign).toEqual(unknown);
  });

  it('reads nothing where a query may go without a tenant and did', async () => {
    const answer = await ask('{ careless }', null);
    expect(answer.data ?? null).toBeNull();
    expect(answer.errors?.map(({ extensions }) => extensions)).toEqual([{ code: 'TENANT_SCOPE_MISSING' }]);
    expect((await ask('{ careless }', memberOf(b))).data).toEqual({ careless: titlesOf(b) });
  });
});
