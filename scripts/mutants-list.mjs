// Bugs that somebody could plant, each as a patch of one place: `npm run mutants` must catch every one of them.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: code that is planted is text here.

/**
 * @typedef {object} Mutant
 * @property {string} name what was done wrong
 * @property {string} file
 * @property {string} from text that stands in the file exactly once
 * @property {string} to
 * @property {'small' | 'full' | 'postgres'} world which simulation has to catch it
 */

/** @type {Mutant[]} */
export const mutants = [
  {
    name: 'sent again where the outcome is unknown',
    file: 'src/engine/journal.ts',
    from: '    if (row) {\n      const settled = await settleDoubt(row, call);',
    to: '    if (row && call.settleMs === -1) {\n      const settled = await settleDoubt(row, call);',
    world: 'small',
  },
  {
    name: 'the intent is written after the sending',
    file: 'src/engine/journal.ts',
    from: '      result = await call.act();\n',
    to: '      await journal.withdraw(jobId, name, clock.now());\n      result = await call.act();\n      await journal.intend(jobId, name, clock.now());\n',
    world: 'small',
  },
  {
    name: 'no fsync',
    file: 'src/store/writer.ts',
    from: 'await this.#sync?.sync();',
    to: 'await undefined;',
    world: 'small',
  },
  {
    name: 'told as done before the disk has it',
    file: 'src/store/writer.ts',
    from: 'else if (lazy) resolve(',
    to: 'else if (lazy || outcome) resolve(',
    world: 'small',
  },
  {
    name: 'a renewed token is used before it is kept, and not kept',
    file: 'src/vault/tokens.ts',
    from: '    await keepGrant(this.#options.vault, account, { grant: unsaved.grant });\n',
    to: '',
    world: 'small',
  },
  {
    name: 'limits are counted after the call',
    file: 'src/net/http.ts',
    from: '      await meter.spend(request);\n      const spentAt = clock.now();\n      const response = await askWith(grant, request);\n',
    to: '      const spentAt = clock.now();\n      const response = await askWith(grant, request);\n      await meter.spend(request);\n',
    world: 'small',
  },
  {
    name: 'requests under way are not counted in the next window',
    file: 'src/engine/meter.ts',
    from: 'limit: { ...limit, flightMs: flightOf(limit.window) }',
    to: 'limit: { ...limit, flightMs: flightOf(limit.window) * 0 }',
    world: 'small',
  },
  {
    name: 'a user’s limit is counted by account',
    file: 'src/engine/meter.ts',
    from: '      return `user:${account.user}:${account.platform}`;',
    to: '      return `user:${account.id}:${account.platform}`;',
    world: 'small',
  },
  {
    name: 'the lock of the home is not taken',
    file: 'src/store/lock.ts',
    from: "    db.exec('BEGIN EXCLUSIVE');",
    to: "    db.exec('BEGIN');",
    world: 'small',
  },
  {
    name: 'jobs that ran when the process died are forgotten',
    file: 'src/store/lanes.ts',
    from: "    WHERE open_state = 'running' RETURNING id`",
    to: "    WHERE open_state = 'running' AND run_at < 0 RETURNING id`",
    world: 'small',
  },
  {
    name: 'the watcher goes by a time marker',
    file: 'src/engine/watcher.ts',
    from: 'items.filter((item) => !known.has(item.remoteId))',
    to: 'items.filter((item) => !known.has(item.remoteId) && item.publishedAt > (row.lastGoodPollAt ?? 0))',
    world: 'small',
  },
  {
    name: 'jobs are made after their video’s transaction',
    file: 'src/engine/watcher.ts',
    from: 'const stored = await store.videos.take(row.id, taken, clock.now());',
    to: 'const stored = await store.videos.take(row.id, taken.map((one) => ({ ...one, jobs: [] })), clock.now());\n    for (const video of stored.videos)\n      await store.videos.addJobs(video.id, taken.find((one) => one.item.remoteId === video.remoteId)?.jobs ?? [], clock.now());',
    world: 'small',
  },
  {
    name: 'a redo reaches past a commit',
    file: 'src/store/journal.ts',
    from: '    if (commit.get({ jobId, name })) return false;',
    to: '    if (commit.get({ jobId, name }) && name === "") return false;',
    world: 'small',
  },
  {
    name: 'every refusal is taken for certain',
    file: 'src/engine/journal.ts',
    from: '      if (failure.certain) {',
    to: '      if (failure.certain || failure.status !== undefined) {',
    world: 'small',
  },
  {
    name: 'settle times are ignored',
    file: 'src/engine/journal.ts',
    from: '    if (elapsed < settleMs) {',
    to: '    if (elapsed < settleMs && answer === "undecided") {',
    world: 'small',
  },
  {
    name: 'settle times are counted from the intent',
    file: 'src/engine/journal.ts',
    from: 'row.latestAt ?? row.sentAt ?? askedAt);',
    to: 'row.sentAt ?? askedAt);',
    world: 'small',
  },
  {
    name: 'settle times are counted until the look-up’s answer',
    file: 'src/engine/journal.ts',
    from: '    const elapsed = askedAt - Math.min',
    to: '    const elapsed = clock.now() - Math.min',
    world: 'small',
  },
  {
    name: 'a refusal lifts an earlier doubt',
    file: 'src/store/journal.ts',
    from: '        if (row.left === 0) erase.run({ jobId, name });',
    to: '        if (row.left >= 0) erase.run({ jobId, name });',
    world: 'small',
  },
  {
    name: 'a job that was sent may be dead',
    file: 'src/core/job.ts',
    from: "    state: committed ? 'unknown' : 'dead',",
    to: "    state: committed && job.attempt < 0 ? 'unknown' : 'dead',",
    world: 'small',
  },
  {
    name: 'an open breaker is never probed',
    file: 'src/engine/breaker.ts',
    from: '      await probe(deps, platform, account, http);\n      await store.breakers.clear(account.id);',
    to: '      await noteFailure(deps, account.id);\n      throw standsStill(platform, clock.now() + 3_600_000);',
    world: 'small',
  },
  {
    name: 'sealed results are kept as they are',
    file: 'src/engine/journal.ts',
    from: 'const kept = sealed ? seal.seal(json, `${jobId}/${name}`) : json;',
    to: 'const kept = sealed && json === "" ? seal.seal(json, `${jobId}/${name}`) : json;',
    world: 'small',
  },
  {
    name: 'exchanges are kept unmasked',
    file: 'src/net/trace.ts',
    from: '    requestHeaders: maskHeaders(request.headers),',
    to: '    requestHeaders: { ...request.headers },',
    world: 'small',
  },
  {
    name: 'a job keeps its lane when the sign-in ends, and is dead',
    file: 'src/core/job.ts',
    from: "    case 'later':\n    case 'login': {",
    to: "    case 'login':\n      return end();\n    case 'later': {",
    world: 'small',
  },
  {
    name: 'sent again though another host may be sending still',
    file: 'src/engine/journal.ts',
    from: 'if (options.sender !== undefined) throw maySendStill',
    to: 'if (options.sender === "") throw maySendStill',
    world: 'postgres',
  },
];
