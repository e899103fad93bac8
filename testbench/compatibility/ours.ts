/** Runs Windlass on a case. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asWindlassError } from '../../lib/errors.js'
import { open } from '../../puller/index.js'
import type { CompatibilityCase, ServedCase, Verdict } from './case.js'
import { CaseHost } from './case-host.js'

export interface Outcome {
  readonly verdict: Verdict
  /** Message of the error. */
  readonly message?: string
  readonly warnings: readonly string[]
  /** Digest of the manifest that the pull chose. */
  readonly picked?: string
  /** Digest of the manifest that `inspect` chooses for the pulled image. */
  readonly inspected?: string | undefined
  /** Listed tags. */
  readonly tags?: readonly string[]
  /** Violation that the case reports. */
  readonly violation?: string
  readonly served: ServedCase
}

/** Serves a case, runs Windlass on it with a new store, and removes everything afterwards. */
export async function runWindlassOn({ id, action, registry, serve }: CompatibilityCase): Promise<Outcome> {
  const host = await CaseHost.start(id, registry)
  const directory = await mkdtemp(join(tmpdir(), 'windlass-case-'))
  try {
    const served = (await serve(host)) ?? {}
    const authFile = join(directory, 'auth.json')
    await writeFile(authFile, served.authFile ?? '{}')
    const warnings: string[] = []
    const found = await runAction(action, host, served, { authFile, directory, warnings }).catch(
      (error: unknown) => {
        const { code, message } = asWindlassError(error)
        return { verdict: code, message }
      },
    )
    const violation = served.violation?.()
    return { ...found, warnings, served, ...(violation !== undefined && { violation }) }
  } finally {
    await host.close()
    await rm(directory, { recursive: true, force: true })
  }
}

interface RunDirectories {
  readonly authFile: string
  readonly directory: string
  readonly warnings: string[]
}

async function runAction(
  asks: CompatibilityCase['action'],
  host: CaseHost,
  { name = 'app:latest' }: ServedCase,
  { authFile, directory, warnings }: RunDirectories,
): Promise<Pick<Outcome, 'verdict' | 'picked' | 'inspected' | 'tags'>> {
  const windlass = await open({ store: join(directory, 'store'), authFile, retries: 1, retryDelay: 0 })
  try {
    const reference = `${host.registry.host}/${name}`
    if (asks === 'tags') {
      const tags: string[] = []
      for await (const tag of windlass.tags(reference)) tags.push(tag)
      return { verdict: 'taken', tags }
    }
    const platform = 'linux/amd64'
    const pull = windlass.pull(reference, { platform })
    pull.events.subscribe((event) => {
      if (event.type === 'warning') warnings.push(event.message)
    })
    const { manifestDigest } = await pull.done
    const { image } = await windlass.inspect(reference, { platform })
    return { verdict: 'taken', picked: manifestDigest, inspected: image?.digest }
  } finally {
    await windlass.close()
  }
}
