import { Redis } from 'ioredis';
import { freePort } from '../../src/database/embedded/free-port.js';
import { eventually } from './eventually.js';
import { RedisServer } from './redis-server.js';

const SLOTS = 16_384;
const MASTERS = 3;

/** Redis Cluster of three masters, each with a third of the slots and no replica. */
export class RedisCluster {
  private constructor(readonly masters: readonly RedisServer[]) {}

  static async start(): Promise<RedisCluster> {
    const masters: RedisServer[] = [];
    const busPorts: number[] = [];
    for (let each = 0; each < MASTERS; each += 1) {
      const busPort = await freePort();
      busPorts.push(busPort);
      masters.push(
        await RedisServer.start([
          ...['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf'],
          ...['--cluster-port', String(busPort), '--cluster-node-timeout', '2000'],
        ]),
      );
    }
    const clients = masters.map(({ port }) => new Redis(port, '127.0.0.1'));
    try {
      await Promise.all(
        clients.map((client, at) => {
          const [from, to] = [at, at + 1].map((edge) => Math.floor((edge * SLOTS) / MASTERS));
          return client.call('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to! - 1));
        }),
      );
      // Otherwise the epochs of three who never met may collide.
      await Promise.all(
        clients.map((client, at) => client.call('CLUSTER', 'SET-CONFIG-EPOCH', String(at + 1))),
      );
      for (const [at, { port }] of masters.entries())
        await clients[0]!.call('CLUSTER', 'MEET', '127.0.0.1', String(port), String(busPorts[at]));
      await eventually('all masters agree on the slots', async () => {
        const infos = await Promise.all(clients.map((client) => client.cluster('INFO')));
        return infos.every(
          (info) => info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${MASTERS}`),
        );
      });
    } finally {
      for (const client of clients) client.disconnect();
    }
    return new RedisCluster(masters);
  }

  get nodes(): { host: string; port: number }[] {
    return this.masters.map(({ port }) => ({ host: '127.0.0.1', port }));
  }

  async stop(): Promise<void> {
    await Promise.all(this.masters.map((master) => master.stop()));
  }
}
