import { readFileSync } from 'node:fs';
import { runWithTenantContext, type Tenant } from '@parallax/tenant';
import { ADAPTERS, credential, FixtureApp, memberOf } from '../../support/fixture-app.js';
import { InvitationService } from './by-hand.example.js';
import { ReportsController } from './routes.example.js';
import { MessagesModule } from './throttler.example.js';

const DOCUMENT = readFileSync('docs/rate-limits.md', 'utf8');

describe('docs/rate-limits.md', () => {
  it.each(['module', 'routes', 'by-hand', 'throttler', 'pool'])(
    'shows the example %s as it is compiled',
    (name) => {
      const code = readFileSync(`test/integration/rate-limit/${name}.example.ts`, 'utf8');
      expect(DOCUMENT).toContain(`\`\`\`ts\n${code}\`\`\``);
    },
  );

  describe.each(ADAPTERS)('its examples on %s', (adapter) => {
    let fixture: FixtureApp;
    let acme: Tenant;
    beforeAll(async () => {
      fixture = await FixtureApp.start({
        adapter,
        controllers: [ReportsController],
        providers: [InvitationService],
        imports: [MessagesModule],
      });
      acme = await fixture.createTenant('Acme');
    });
    afterAll(() => fixture.close());

    const statuses = async (method: string, path: string, times: number): Promise<number[]> => {
      const seen: number[] = [];
      for (let time = 0; time < times; time += 1) {
        const headers = credential(memberOf(acme));
        seen.push((await fetch(fixture.url + path, { method, headers })).status);
      }
      return seen;
    };

    it('hold routes to what they say', async () => {
      expect(await statuses('POST', '/reports/imports', 3)).toEqual([201, 201, 429]);
    });

    it('hold what is limited by hand', async () => {
      const invitations = fixture.app.get(InvitationService);
      await runWithTenantContext({ tenantId: acme.id }, async () => {
        expect(await invitations.invite('ada@example.com')).toBe(true);
        expect(await invitations.invite('ada@example.com')).toBe(false);
        expect(await invitations.left()).toBe(49);
      });
    });

    it('hold messages by the throttler', async () => {
      expect(await statuses('POST', '/messages', 2)).toEqual([201, 429]);
    });
  });
});
