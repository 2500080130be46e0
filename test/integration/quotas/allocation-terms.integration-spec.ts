import { terms } from './allocation/terms.js';
import { AllocationWorld } from './allocation/world.js';

describe("The plan's terms of an allocation limit", () => {
  let world: AllocationWorld;
  beforeAll(async () => {
    world = await AllocationWorld.open();
  });
  afterAll(() => world.close());

  terms(() => world);
});
