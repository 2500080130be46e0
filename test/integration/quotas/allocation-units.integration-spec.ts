import { units } from './allocation/units.js';
import { AllocationWorld } from './allocation/world.js';

describe('Units of a column count against a limit', () => {
  let world: AllocationWorld;
  beforeAll(async () => {
    world = await AllocationWorld.open();
  });
  afterAll(() => world.close());

  units(() => world);
});
