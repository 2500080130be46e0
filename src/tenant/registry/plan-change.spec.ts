import { definePlans } from '../catalog/define-plans.js';
import { PlanDirectory } from '../catalog/plan-directory.js';
import { ConflictError } from '../errors/request.errors.js';
import { type TenantEvent, TenantEvents } from '../events/tenant-events.js';
import { InMemoryTenantStore } from './in-memory-tenant.store.js';
import { TenantService } from './tenant.service.js';
import type { CountedUsage } from './tenant-usage.js';

const nothing = (): undefined => undefined;
const logger = { log: nothing, warn: nothing, error: nothing };

const CREATED = new Date('2026-01-31T10:00:00.000Z');
const NOW = new Date('2026-02-10T00:00:00.000Z');
/** Where the billing period ends: in March there is a 31st again, in February there was none. */
const PERIOD_END = new Date('2026-02-28T10:00:00.000Z');

const catalog = definePlans({
  limits: ['maxAgents', 'maxCalls'],
  kinds: { maxAgents: 'allocation', maxCalls: 'consumption' },
  features: ['export', 'sso'],
  plans: {
    free: { version: 1, priceCents: 0, limits: { maxAgents: 3, maxCalls: 100 }, features: [] },
    team: { version: 2, priceCents: 9_00, limits: { maxAgents: 20, maxCalls: 1_000 }, features: ['export'] },
    // Costs more and has the same.
    support: {
      version: 1,
      priceCents: 19_00,
      limits: { maxAgents: 20, maxCalls: 1_000 },
      features: ['export'],
    },
    big: {
      version: 1,
      priceCents: null,
      limits: { maxAgents: null, maxCalls: null },
      features: ['export', 'sso'],
    },
  },
});
const earlier = { name: 'team', version: 1, priceCents: 5_00, limits: { maxAgents: 10 }, features: [] };

describe('plans of tenants', () => {
  let store: InMemoryTenantStore;
  let tenants: TenantService;
  let plans: PlanDirectory;
  let counted: Record<string, number | CountedUsage>;
  let told: TenantEvent[];

  beforeEach(() => {
    jest.useFakeTimers({ now: CREATED });
    store = new InMemoryTenantStore();
    plans = new PlanDirectory(catalog, [earlier]);
    const events = new TenantEvents(logger);
    told = [];
    events.onAny((event) => told.push(event));
    counted = {};
    tenants = new TenantService(store, logger, plans, events, { usageOf: () => Promise.resolve(counted) });
  });
  afterEach(() => jest.useRealTimers());

  const onPlan = async (plan: string): Promise<string> => {
    jest.setSystemTime(CREATED);
    const { id } = await tenants.createTenant(`On ${plan}`, {}, plan);
    jest.setSystemTime(NOW);
    told.length = 0;
    return id;
  };
  const scheduled = (plan: string, planVersion: number): object => ({
    scheduledPlan: { plan, planVersion, effectiveAt: PERIOD_END },
  });
  const changes = (): unknown[] =>
    told.map((event) => event.name === 'tenant.updated' && [event.plan, event.status, ...event.changed]);

  describe('choosing another one', () => {
    it.each([
      ['free', 'team', 2],
      ['team', 'support', 1],
      ['team', 'big', 1],
    ])('holds at once when nothing becomes less: %s to %s', async (from, to, version) => {
      const id = await onPlan(from);
      const moved = { plan: to, planVersion: version, scheduledPlan: null };
      expect(await tenants.updateTenant(id, { plan: to })).toMatchObject(moved);
      expect(await tenants.getTenant(id)).toMatchObject(moved);
    });

    it.each([
      ['team', 'free', 1],
      ['big', 'team', 2],
    ])('holds when the billing period ends, when something does: %s to %s', async (from, to, version) => {
      const id = await onPlan(from);
      expect(await tenants.updateTenant(id, { plan: to })).toMatchObject({
        plan: from,
        ...scheduled(to, version),
      });
      expect(changes()).toEqual([[from, 'active', 'scheduledPlan']]);
    });

    it('holds when one says it is to', async () => {
      const down = await onPlan('team');
      expect(await tenants.updateTenant(down, { plan: 'free', when: 'now' })).toMatchObject({
        plan: 'free',
        scheduledPlan: null,
      });
      const up = await onPlan('free');
      expect(await tenants.updateTenant(up, { plan: 'big', when: 'period-end' })).toMatchObject({
        plan: 'free',
        status: 'trial',
        ...scheduled('big', 1),
      });
    });

    it('goes by the version the tenant is on', async () => {
      const id = await onPlan('team');
      await store.update(id, { planVersion: 1 }, ['active']);
      expect(await tenants.updateTenant(id, { plan: 'team' })).toMatchObject({
        plan: 'team',
        planVersion: 2,
      });
    });

    it('replaces what was scheduled before', async () => {
      const id = await onPlan('big');
      await tenants.updateTenant(id, { plan: 'free' });
      expect(await tenants.updateTenant(id, { plan: 'team' })).toMatchObject({
        plan: 'big',
        ...scheduled('team', 2),
      });
      expect(await tenants.updateTenant(id, { plan: 'team', when: 'now' })).toMatchObject({
        plan: 'team',
        scheduledPlan: null,
      });
      expect(changes()).toEqual([
        ['big', 'active', 'scheduledPlan'],
        ['big', 'active', 'scheduledPlan'],
        ['team', 'active', 'plan', 'scheduledPlan'],
      ]);
    });

    it('is taken back by choosing the one there is', async () => {
      const id = await onPlan('team');
      await tenants.updateTenant(id, { plan: 'free' });
      expect(await tenants.updateTenant(id, { plan: 'team' })).toMatchObject({
        plan: 'team',
        scheduledPlan: null,
      });
      expect(changes().at(-1)).toEqual(['team', 'active', 'scheduledPlan']);
    });

    it('changes nothing, and tells nobody, when it is the one there is', async () => {
      const id = await onPlan('team');
      const before = await tenants.getTenant(id);
      expect(await tenants.updateTenant(id, { plan: 'team' })).toEqual(before);
      expect(told).toEqual([]);
    });

    it('takes other changes along, which hold at once', async () => {
      const id = await onPlan('team');
      const update = { plan: 'free', name: 'Renamed', limits: { maxAgents: 7 } };
      expect(await tenants.updateTenant(id, update)).toMatchObject({
        plan: 'team',
        name: 'Renamed',
        limits: { maxAgents: 7 },
        ...scheduled('free', 1),
      });
    });

    it('refuses to say how without saying which', async () => {
      const id = await onPlan('team');
      for (const wrong of [{ when: 'later' }, { overLimit: 'maybe' }] as object[]) {
        await expect(tenants.updateTenant(id, { plan: 'team', ...wrong })).rejects.toMatchObject({
          errors: [{ field: Object.keys(wrong)[0], message: expect.stringContaining('must be one of') }],
        });
      }
      await expect(tenants.previewPlanChange(id, 'team', 'later' as never)).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
      });
      await expect(tenants.updateTenant(id, { when: 'now', overLimit: 'block' })).rejects.toMatchObject({
        errors: [{ field: 'when' }, { field: 'overLimit' }],
      });
    });

    it('is decided about the plan that was read: of two at once one is told to look again', async () => {
      const id = await onPlan('free');
      // Decided as an upgrade of free; what it meets is the plan big, of which it would be a downgrade.
      const outcomes = await Promise.allSettled([
        tenants.updateTenant(id, { plan: 'big' }),
        tenants.updateTenant(id, { plan: 'team' }),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
      expect(outcomes[1]).toMatchObject({ reason: expect.any(ConflictError) as unknown });
      expect(await tenants.getTenant(id)).toMatchObject({ plan: 'big', scheduledPlan: null });
    });

    it('is so decided too where it would end a trial', async () => {
      const id = await onPlan('free');
      const find = store.findById.bind(store);
      jest.spyOn(store, 'findById').mockImplementationOnce(async (of) => {
        const read = await find(of);
        await tenants.updateTenant(id, { plan: 'team', when: 'period-end' });
        return read;
      });
      await expect(tenants.updateTenant(id, { plan: 'big' })).rejects.toThrow(ConflictError);
      const kept = { status: 'trial', plan: 'free', ...scheduled('team', 2) };
      expect(await tenants.getTenant(id)).toMatchObject(kept);
    });
  });

  describe('use above the limits of the other one', () => {
    beforeEach(() => {
      counted = { maxAgents: 8, maxCalls: { used: 500, resetsAt: PERIOD_END } };
    });

    it('is allowed, and stays', async () => {
      const id = await onPlan('team');
      expect(await tenants.updateTenant(id, { plan: 'free' })).toMatchObject(scheduled('free', 1));
    });

    it('blocks when it is to, and says what there is too much of', async () => {
      const id = await onPlan('team');
      await expect(tenants.updateTenant(id, { plan: 'free', overLimit: 'block' })).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringContaining('maxAgents (8 of 3)') as string,
        extensions: { overLimit: [{ resource: 'maxAgents', used: 8, allowed: 3, over: 5 }] },
      });
      expect(await tenants.getTenant(id)).toMatchObject({ plan: 'team', scheduledPlan: null });
      counted = { maxAgents: 3, maxCalls: { used: 500, resetsAt: PERIOD_END } };
      expect(await tenants.updateTenant(id, { plan: 'free', overLimit: 'block' })).toMatchObject(
        scheduled('free', 1),
      );
    });

    it('blocks neither an upgrade, nor what an override given along allows', async () => {
      const id = await onPlan('team');
      const limits = { maxAgents: 8 };
      await expect(
        tenants.updateTenant(id, { plan: 'free', overLimit: 'block', limits }),
      ).resolves.toMatchObject(scheduled('free', 1));
      await expect(tenants.updateTenant(id, { plan: 'big', overLimit: 'block' })).resolves.toMatchObject({
        plan: 'big',
      });
    });
  });

  describe('previewPlanChange', () => {
    it('says what a downgrade changes, when, and what there is too much of by then', async () => {
      const id = await onPlan('big');
      counted = { maxAgents: 8, maxCalls: { used: 5_000, resetsAt: PERIOD_END } };
      await tenants.updateTenant(id, { limits: { maxCalls: 700, sso: true } });
      expect(await tenants.previewPlanChange(id, 'free')).toEqual({
        from: { plan: 'big', planVersion: 1 },
        to: { plan: 'free', planVersion: 1 },
        direction: 'downgrade',
        effectiveAt: PERIOD_END,
        limits: [
          { name: 'maxAgents', from: null, to: 3, source: 'plan' },
          { name: 'maxCalls', from: 700, to: 700, source: 'override' },
        ],
        gainedFeatures: [],
        lostFeatures: ['export'],
        overLimit: [{ resource: 'maxAgents', used: 8, allowed: 3, over: 5 }],
      });
    });

    it('counts what starts from 0 by then only where the change does not wait for that', async () => {
      const id = await onPlan('team');
      counted = { maxCalls: { used: 500, resetsAt: PERIOD_END } };
      expect((await tenants.previewPlanChange(id, 'free')).overLimit).toEqual([]);
      expect(await tenants.previewPlanChange(id, 'free', 'now')).toMatchObject({
        effectiveAt: NOW,
        overLimit: [{ resource: 'maxCalls', used: 500, allowed: 100, over: 400 }],
      });
    });

    it('says what an upgrade and a mere change do', async () => {
      const id = await onPlan('team');
      expect(await tenants.previewPlanChange(id, 'big')).toMatchObject({
        direction: 'upgrade',
        effectiveAt: NOW,
        gainedFeatures: ['sso'],
        lostFeatures: [],
      });
      expect(await tenants.previewPlanChange(id, 'support')).toMatchObject({
        direction: 'change',
        effectiveAt: NOW,
        limits: [],
      });
    });
  });
});
