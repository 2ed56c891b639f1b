// Runs after `npm pack` and `npm publish`: takes the list of manual pages out of package.json again.
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package.json', import.meta.url);
const { man: _, ...manifest } = JSON.parse(readFileSync(path, 'utf8'));
writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`);
