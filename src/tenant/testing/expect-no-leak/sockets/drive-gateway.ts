import type { LeakRun } from '../leak-run.js';
import { excerpt, marksIn } from '../oracles/marks.js';
import { noneOfIts } from '../attacks/doubts.js';
import { makeRows } from '../parties/make-rows.js';
import type { Party } from '../parties/party.js';
import { until } from '../until.js';
import { type Gateway, type GatewayPlatform, messageName } from './discover-gateways.js';
import { connectToGateway, type GatewayClient } from './gateway-client.js';

/** Milliseconds an answer to a message may take. */
const ANSWER_MS = 500;

/** What every connection of a gateway needs to be told apart. */
export interface GatewayTarget {
  readonly platform: GatewayPlatform | undefined;
  readonly origin: URL;
  readonly gateway: Gateway;
  /** The messages that are not excluded. */
  readonly events: readonly string[];
}

/** Every message of a gateway, as the owner and as the intruder, while both of them are connected. */
export async function driveGateway(
  run: LeakRun,
  { platform, origin, gateway, events }: GatewayTarget,
): Promise<void> {
  const { intruder, owner, sources } = run.parts;
  const names = events.map((event) => messageName(gateway, event));
  const give = (reason: string): void => names.forEach((name) => run.doubt({ name }, reason));
  if (!platform) {
    give('Its gateway is served by an adapter that is neither IoAdapter nor WsAdapter.');
    return;
  }
  const clients: GatewayClient[] = [];
  const connect = async (headers: Readonly<Record<string, string>>): Promise<GatewayClient | undefined> => {
    const client = await connectToGateway(platform, origin, gateway, headers);
    if (client) clients.push(client);
    return client;
  };
  const [header = ''] = sources.headers;
  const ofOwner = await connect(owner.headers);
  const plain = await connect(intruder.headers);
  const naming = await connect({ ...intruder.headers, [header]: owner.tenant.id });
  if (!ofOwner || !plain || !naming) {
    give(`Its gateway was not driven: install ${platform === 'ws' ? 'ws' : 'socket.io-client'}.`);
    return;
  }
  try {
    for (const event of events) {
      await sendAll(run, messageName(gateway, event), event, { ofOwner, plain, naming });
    }
  } finally {
    for (const client of clients) client.close();
  }
}

async function sendAll(
  run: LeakRun,
  name: string,
  event: string,
  { ofOwner, plain, naming }: Readonly<Record<'ofOwner' | 'plain' | 'naming', GatewayClient>>,
): Promise<void> {
  const { intruder, owner } = run.parts;
  const ownerIsAnswered = await isAnswered(run, name, event, { as: owner, client: ofOwner });
  const intruderIsAnswered = await isAnswered(run, name, event, { as: intruder, client: plain });
  if (ownerIsAnswered && intruderIsAnswered) run.prove({ name });
  // With the owner's ids, but none of its texts: what comes back has to come from its rows.
  const foreign = run.sampleFor({ name }, owner, 'none')?.body;
  const own = run.sampleFor({ name }, intruder)?.body;
  await makeRows(run, owner, 1);
  const attempts: [way: string, client: GatewayClient, data: unknown][] = [
    ["the other tenant's ids", plain, foreign],
    ['the other tenant in the header of the connection', naming, foreign],
    ['a message of its own', plain, own],
  ];
  for (const [way, client, data] of attempts) {
    await say(client, event, data);
    const heard = client.received.join('\n');
    const sent = JSON.stringify([data]) + intruder.brought;
    for (const mark of marksIn(heard, owner.marksAgainst(intruder), sent)) {
      run.report('websocket', name, way, excerpt(heard, mark));
    }
  }
}

/** Whether a message of its own is answered with something of its own. */
async function isAnswered(
  run: LeakRun,
  name: string,
  event: string,
  { as, client }: { readonly as: Party; readonly client: GatewayClient },
): Promise<boolean> {
  const { intruder, owner } = run.parts;
  const other = as === owner ? intruder : owner;
  const data = run.sampleFor({ name }, as)?.body;
  const told = await say(client, event, data);
  if (marksIn(told, as.marksAgainst(other), JSON.stringify([data])).length > 0) return true;
  const instead = told.slice(0, 120) || 'no answer';
  run.doubt({ name }, noneOfIts(as, `was told nothing of its own: ${instead}`));
  return false;
}

/** What it is told from now until an answer came. */
async function say(client: GatewayClient, event: string, data: unknown): Promise<string> {
  const before = client.received.length;
  client.send(event, data);
  await until(() => client.received.length > before || client.isClosed(), ANSWER_MS);
  return client.received.slice(before).join('\n');
}
