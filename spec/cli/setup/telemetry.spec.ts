/** The command in processes with and without an OpenTelemetry SDK. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { putImage, startRegistry, tinyImage, type TestRegistry } from '../../../lib/testing/index.js'
import { root } from '../../support/source-tree.js'

const main = join(root, 'dist/cli/main.js')
const inPackage = (name: string): string => JSON.stringify(import.meta.resolve(name))

describe('windlass pull', () => {
  let top: string
  let registry: TestRegistry
  beforeAll(async () => {
    top = mkdtempSync(join(tmpdir(), 'windlass-otel-'))
    registry = await startRegistry()
    await putImage(registry, 'team/app', '1', tinyImage())
  })
  afterAll(async () => {
    await registry.close()
    rmSync(top, { recursive: true, force: true })
  })

  /** Runs the command with a module that Node loads first. Returns what the process wrote to stdout. */
  async function pullWith(preloaded: string, text: string): Promise<string> {
    const file = join(top, preloaded)
    writeFileSync(file, text)
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        main,
        'pull',
        '--progress',
        'none',
        '--store',
        join(top, preloaded.replace('.', '-')),
        `${registry.host}/team/app:1`,
      ],
      {
        env: {
          ...process.env,
          WINDLASS_CODE_CACHE: '0',
          NODE_OPTIONS: `${file.endsWith('.mjs') ? '--import' : '--require'} ${file}`,
        },
      },
    )
    return stdout
  }

  it('traces its pulls with the SDK that the process has registered', async () => {
    const stdout = await pullWith(
      'register.mjs',
      `import { trace } from ${inPackage('@opentelemetry/api')}
       import * as sdk from ${inPackage('@opentelemetry/sdk-trace-base')}
       const exporter = new sdk.InMemorySpanExporter()
       const spanProcessors = [new sdk.SimpleSpanProcessor(exporter)]
       trace.setGlobalTracerProvider(new sdk.BasicTracerProvider({ spanProcessors }))
       process.once('beforeExit', () => console.log(exporter.getFinishedSpans().map(({ name }) => name).join()))`,
    )
    const names = stdout.trim().split('\n').at(-1)!.split(',')
    expect(names.at(-1)).toBe('pull')
    expect(names).toEqual(expect.arrayContaining(['resolve', 'GET', 'layer', 'download', 'unpack', 'commit']))
  })

  it('loads nothing of OpenTelemetry without one', async () => {
    const stdout = await pullWith(
      'loaded.cjs',
      `process.once('exit', () => console.log('loaded:', Object.keys(require.cache).filter((file) => file.includes('opentelemetry'))))`,
    )
    expect(stdout).toMatch(/^loaded: \[\]$/m)
  })
})
