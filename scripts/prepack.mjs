// Runs before `npm pack` and `npm publish`: a dist/ without chunks of earlier builds, the manual pages in package.json
// (npm installs those that are named there; postpack.mjs takes them out again), the notices of what is shipped or
// installed along with it, and the list of these parts (CycloneDX). npm's own `npm sbom --omit dev` leaves out what
// a development package wants as well, so the list is made from the lock file here.
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

rmSync(join(root, 'dist'), { recursive: true, force: true });
await import('./build.mjs');

const own = readJson(join(root, 'package.json'));
const { packages } = readJson(join(root, 'package-lock.json'));
/** Its files are copied into dist/, though it is no dependency of the package. */
const COPIED = 'node_modules/swagger-ui-dist';

const parts = Object.entries(packages)
  .filter(([folder, entry]) => folder === COPIED || (folder !== '' && !entry.dev && !entry.devOptional))
  .map(([folder, entry]) => partOf(folder, entry))
  .sort((a, b) => (a.id < b.id ? -1 : 1))
  .filter((part, index, all) => part.id !== all[index - 1]?.id);

/** One installed package: what it is, under which licence, with the words that the licence wants handed on. */
function partOf(folder, entry) {
  const place = join(root, folder);
  const manifest = existsSync(place) ? readJson(join(place, 'package.json')) : undefined;
  const name = entry.name ?? folder.split('node_modules/').at(-1);
  const licence = manifest?.license ?? entry.license;
  if (typeof licence !== 'string')
    throw new Error(`${folder} names no licence: look for it, then say it here.`);
  const files = existsSync(place) ? readdirSync(place) : [];
  const texts = files
    .filter((file) => /^(?:licen[cs]e|copying|notice)/iu.test(file))
    .map((file) => readFileSync(join(place, file), 'utf8').replace(/\r\n/gu, '\n').trim());
  return {
    id: `${name}@${entry.version}`,
    name,
    version: entry.version,
    licence,
    texts,
    integrity: entry.integrity,
  };
}

/** Packages that share their words are named together above them. */
function notices() {
  const groups = groupBy(parts, textOf);
  const blocks = [...groups].map(
    ([text, members]) => `${members.map(({ id, licence }) => `${id} (${licence})`).join('\n')}\n\n${text}`,
  );
  const rule = `\n\n${'-'.repeat(80)}\n\n`;
  return `${own.name} uses ${parts.length} packages by others. Their licences:${rule}${blocks.join(rule)}\n`;
}

const textOf = ({ texts, licence }) =>
  texts.length > 0
    ? texts.join('\n\n')
    : `The package brings no text of its own; it names the licence ${licence}.`;

function groupBy(values, keyOf) {
  const groups = new Map();
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
  return groups;
}

/** https://cyclonedx.org/docs/1.5/json/ */
function billOfMaterials() {
  const purl = (name, version) => `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const self = {
    type: 'application',
    name: own.name,
    version: own.version,
    purl: purl(own.name, own.version),
  };
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: `urn:uuid:${randomUUID()}`,
    version: 1,
    metadata: {
      timestamp: new Date().toISOString(),
      component: { ...self, 'bom-ref': self.purl, licenses: [{ license: { id: own.license } }] },
    },
    components: parts.map(({ id, name, version, licence, integrity }) => ({
      type: 'library',
      'bom-ref': id,
      name,
      version,
      purl: purl(name, version),
      licenses: [/[ (]/u.test(licence) ? { expression: licence } : { license: { id: licence } }],
      ...(integrity ? { hashes: [hashOf(integrity)] } : {}),
    })),
  };
}

function manualPages() {
  const files = readdirSync(join(root, 'dist', 'man'));
  return files.sort().map((file) => `./dist/man/${file}`);
}

function hashOf(integrity) {
  const [kind, base64] = integrity.split(' ')[0].split('-');
  return { alg: kind.replace('sha', 'SHA-'), content: Buffer.from(base64, 'base64').toString('hex') };
}

writeFileSync(join(root, 'THIRD-PARTY-NOTICES.txt'), notices());
writeFileSync(join(root, 'sbom.cdx.json'), `${JSON.stringify(billOfMaterials(), null, 1)}\n`);
writeFileSync(join(root, 'package.json'), `${JSON.stringify({ ...own, man: manualPages() }, null, 2)}\n`);
