interface Dashboard {
  panels: { title: string; targets?: { expr: string; refId: string }[] }[];
}

/** Every query of every panel. */
export function queriesOf({ panels }: Dashboard): { panel: string; expr: string }[] {
  return panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ panel: title, expr })));
}

/** As Grafana would send it, with all platforms chosen. */
export function substituted(expr: string, range: string): string {
  return expr
    .replaceAll('$__rate_interval', range)
    .replaceAll('$__range', range)
    .replaceAll('$platform', '.*')
    .replaceAll('[24h]', `[${range}]`);
}
