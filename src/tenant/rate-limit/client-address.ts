import { normalizeIp } from '@nestjs/throttler';

/** What a household or a server gets at least; in it anybody has more addresses than could be counted. */
const IPV6_NETWORK_BITS = 64;

interface Addressed {
  /** As the adapter found it, with regard to the proxies it was told to trust. */
  readonly ip?: string;
  readonly raw?: Addressed;
  readonly socket?: { readonly remoteAddress?: string | undefined };
}

/** The address a request is counted by: of IPv6 its network of 64 bits. Undefined when the connection is gone. */
export function clientAddress(request: object): string | undefined {
  const { ip, raw, socket } = request as Addressed;
  const address = ip ?? raw?.ip ?? socket?.remoteAddress ?? raw?.socket?.remoteAddress;
  return address === undefined || address === '' ? undefined : normalizeIp(address, IPV6_NETWORK_BITS);
}
