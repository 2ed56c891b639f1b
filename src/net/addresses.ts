import type { LookupAddress, LookupOptions } from 'node:dns';
import { lookup } from 'node:dns';
import { BlockList, isIP, isIPv6 } from 'node:net';

/**
 * Addresses that a link from a platform has no business to point to: this machine, private networks, cloud
 * metadata, multicast, documentation (https://www.iana.org/assignments/iana-ipv4-special-registry,
 * https://www.iana.org/assignments/iana-ipv6-special-registry). BlockList sees through v4-mapped v6 itself.
 */
const notPublic = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  notPublic.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of [
  ['::', 128],
  ['::1', 128],
  // Ways to write a v4 address as v6 that would be carried on to it.
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2001::', 23],
  ['2002::', 16],
  ['100::', 64],
  ['2001:db8::', 32],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const)
  notPublic.addSubnet(net, bits, 'ipv6');

/** True where an IP address (not a name) belongs to the public internet. */
export function isPublicAddress(address: string): boolean {
  const plain = address.replace(/%.*$/, '');
  if (isIP(plain) === 0) return false;
  return !notPublic.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
}

/**
 * False where the host of an address is written as a non-public IP, or is a name that always means this
 * machine. A connection to a literal never asks the resolver, so `publicLookup` alone would miss it; the URL
 * parser has already turned spellings such as `0x7f.1` into plain ones.
 */
export function isPublicHost(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (isIP(host) !== 0) return isPublicAddress(host);
  return host !== '' && !/(^|\.)(localhost|local|internal|home\.arpa)$/i.test(host);
}

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/** A resolver for sockets that fails unless every address of the name is public (against DNS rebinding). */
export function publicLookup(hostname: string, options: LookupOptions, callback: LookupCallback): void {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const inside = error === null ? addresses.find(({ address }) => !isPublicAddress(address)) : undefined;
    const first = addresses?.[0];
    if (error !== null) callback(error, '');
    else if (inside !== undefined || first === undefined) callback(privateAddress(hostname), '');
    else if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
}

/** Code of the error that `publicLookup` gives for a name that leads inside. */
export const privateAddressCode = 'REPOST_PRIVATE_ADDRESS';

function privateAddress(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${hostname} leads to an address that is not public`), {
    code: privateAddressCode,
  });
}
