import { Connection } from './connection.js';
import { wireFor } from './requests.js';

/** Asks for one tenant at a fixed rate, however slowly it is answered, until its parent says stop. */

export interface FloodOptions {
  readonly port: number;
  readonly tenantId: string;
  readonly perSecond: number;
}

export interface FloodCounts {
  readonly sent: number;
  readonly admitted: number;
  readonly refused: number;
  readonly others: number;
  /** How long it went on. */
  readonly seconds: number;
}

const MAX_CONNECTIONS = 200;

async function flood({ port, tenantId, perSecond }: FloodOptions): Promise<void> {
  const wire = wireFor('read', tenantId);
  const idle = await Promise.all(Array.from({ length: MAX_CONNECTIONS }, () => Connection.open(port)));
  const counts = { sent: 0, admitted: 0, refused: 0, others: 0 };
  let due = 0;
  const ask = async (connection: Connection): Promise<void> => {
    counts.sent += 1;
    const { status } = await connection.request(wire);
    if (status === 200) counts.admitted += 1;
    else if (status === 429) counts.refused += 1;
    else counts.others += 1;
    idle.push(connection);
    askNext();
  };
  const askNext = (): void => {
    while (counts.sent < due) {
      const connection = idle.pop();
      if (!connection) return;
      void ask(connection);
    }
  };
  const startedAt = performance.now();
  const timer = setInterval(() => {
    due = Math.floor(((performance.now() - startedAt) * perSecond) / 1_000);
    askNext();
  }, 1);
  process.once('message', () => {
    clearInterval(timer);
    const seconds = (performance.now() - startedAt) / 1_000;
    process.send?.({ ...counts, seconds }, () => process.exit());
  });
  process.send?.('started');
}

void flood(JSON.parse(process.argv[2] ?? '') as FloodOptions);
