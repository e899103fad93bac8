export interface Mutant {
  readonly module: string
  readonly name: string
  readonly file: string
  readonly from: string
  readonly to: string
  readonly specs: readonly string[]
}
export const root: string
export const modules: readonly string[]
export function mutantsOf(names: readonly string[]): Promise<readonly Mutant[]>
export function mutate(mutant: Mutant): string
export function check(mutant: Mutant): void
