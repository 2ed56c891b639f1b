import { approvePart } from './pages/approve.ts';
import { dashboardPart } from './pages/dashboard.ts';
import { plainLookPart } from './pages/plain-look.ts';
import { signInPart } from './pages/sign-in.ts';
import type { Part } from './route.ts';
import { accountsPart, sourcesPart } from './routes/accounts.ts';
import { alertsPart } from './routes/alerts.ts';
import { analyticsPart } from './routes/analytics.ts';
import { daemonPart } from './routes/daemon.ts';
import { docsPart } from './routes/docs.ts';
import { eventsPart } from './routes/events.ts';
import { jobsPart } from './routes/jobs.ts';
import { machinePart } from './routes/machine.ts';
import { recordsPart } from './routes/records.ts';
import { rulesPart } from './routes/rules.ts';
import { sessionPart } from './routes/session.ts';
import { usersPart } from './routes/users.ts';
import { videosPart } from './routes/videos.ts';

/** All parts of the server: whoever adds an area of the API, a page or another answer adds its part here. */
export const parts: readonly Part[] = [
  sessionPart,
  machinePart,
  accountsPart,
  sourcesPart,
  rulesPart,
  videosPart,
  jobsPart,
  usersPart,
  analyticsPart,
  alertsPart,
  recordsPart,
  daemonPart,
  eventsPart,
  docsPart,
  signInPart,
  approvePart,
  plainLookPart,
  dashboardPart,
];
