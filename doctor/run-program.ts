/** Runs small programs of the system. */
import { execFile } from 'node:child_process'

/** How a program ended. */
export interface ProgramResult {
  /** Exit code; undefined if the program could not be run or was killed. */
  readonly code: number | undefined
  /** Whether the program does not exist. */
  readonly isMissing: boolean
  /** What it wrote to stderr, trimmed. */
  readonly errors: string
}

/** Milliseconds after which a program is killed. */
const timeout = 10_000

/** Runs a program without a shell and without stdin. Never rejects. */
export const runProgram = (
  file: string,
  parameters: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<ProgramResult> =>
  new Promise((resolve) => {
    const child = execFile(
      file,
      parameters,
      { timeout, env: { PATH: env['PATH'], LC_ALL: 'C' } },
      (error, _output, errors) =>
        resolve({
          code: error === null ? 0 : typeof error.code === 'number' ? error.code : undefined,
          isMissing: error?.code === 'ENOENT',
          errors: errors.trim(),
        }),
    )
    child.stdin?.end()
  })
