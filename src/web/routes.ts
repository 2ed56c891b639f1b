import { homePart } from './pages/home.ts';
import { signInPart } from './pages/sign-in.ts';
import type { Part } from './route.ts';
import { sessionPart } from './routes/session.ts';

/** All parts of the server: whoever adds an area of the API, a page or another answer adds its part here. */
export const parts: readonly Part[] = [sessionPart, signInPart, homePart];
