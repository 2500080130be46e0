import { channelsByName, completeDispatcherOptions } from './alert-dispatcher.options.js';

const channel = (name: string) => ({ name, deliver: () => undefined });

describe(completeDispatcherOptions.name, () => {
  it('has a default for each', () => {
    const defaults = { pollMs: 1_000, timeoutMs: 10_000, maxAttempts: 25 };
    expect(completeDispatcherOptions({})).toEqual(defaults);
    expect(completeDispatcherOptions({ pollMs: 5 })).toEqual({ ...defaults, pollMs: 5 });
  });

  it.each([
    ['pollMs', 0],
    ['pollMs', 3_600_001],
    ['timeoutMs', 0.5],
    ['timeoutMs', Number.NaN],
    ['maxAttempts', -1],
    ['maxAttempts', 1_001],
  ])('refuses %s %p by name', (name, value) => {
    expect(() => completeDispatcherOptions({ [name]: value })).toThrow(`alerts.${name} is a whole number`);
  });
});

describe(channelsByName.name, () => {
  it('takes names that are told apart', () => {
    expect([...channelsByName([channel('log'), channel('pager-2')]).keys()]).toEqual(['log', 'pager-2']);
  });

  it.each(['', 'Pager', 'a b', '-a', 'a'.repeat(65)])('refuses the name %j', (name) => {
    expect(() => channelsByName([channel(name)])).toThrow(JSON.stringify(name));
  });

  it('refuses one name for two', () => {
    expect(() => channelsByName([channel('log'), channel('log')])).toThrow(
      'Two alert channels are called log',
    );
  });
});
