import { OwnPostgres } from '../../support/own-postgres.js';
import { systemPostgres } from '../../support/system-postgres.js';
import { terms } from './allocation/terms.js';
import { units } from './allocation/units.js';
import { AllocationWorld } from './allocation/world.js';

const system = systemPostgres();

(system ? describe : describe.skip)('Allocation limits on the oldest PostgreSQL that is supported', () => {
  let server: OwnPostgres;
  let world: AllocationWorld;
  beforeAll(async () => {
    server = await OwnPostgres.start({}, system!.programs);
    world = await AllocationWorld.open(server.adminUrl());
  });
  afterAll(async () => {
    await world.close();
    await server.remove();
  });

  describe('units', () => units(() => world));
  describe('terms', () => terms(() => world));
});
