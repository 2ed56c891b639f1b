export async function simulateAll(_seed: number): Promise<never> {
  throw new Error('x');
}
