/** Results of exchanges with the newest tools of Debian testing. `scripts/newest-tools.ts` writes them. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The result of one exchange. */
export interface NewestResult {
  readonly tool: string
  readonly version: string
  readonly what: string
  /** `yes`, or `no:` and the reason. */
  readonly result: string
}

/** The file with the results. */
export const newestFile = fileURLToPath(new URL('newest.json', import.meta.url))

/** Reads the results of the last run. @throws errors of `node:fs` */
export const readNewest = (): readonly NewestResult[] =>
  JSON.parse(readFileSync(newestFile, 'utf8')) as NewestResult[]
