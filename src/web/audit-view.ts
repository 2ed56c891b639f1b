import type { AuditRow } from '../store/types.ts';
import { iso } from './views.ts';

export function auditView({ at, jobId, ...row }: AuditRow) {
  return { at: iso(at), job: jobId, ...row };
}
