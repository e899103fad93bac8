import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import type { NamedSweep } from '../../../benchmarks/concurrency/table.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))

function run(args: readonly string[]): Promise<{ code: number | null; text: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'benchmarks/run-concurrency.ts', ...args], {
    cwd: root,
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (data: string) => (text += data))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, text })))
}

it(
  'sweeps the built-in registry behind a slow line, and says what is best',
  { timeout: 60_000 },
  async () => {
    const out = await mkdtemp(join(tmpdir(), 'windlass-sweep-spec-'))
    onTestFinished(() => rm(out, { recursive: true }))
    const tiny = ['--links', 'office', '--layers', '3', '--size', '1', '--downloads', '1,3', '--unpacks', '1']
    const { code, text } = await run([...tiny, '--runs', '1', '--no-plots', '--out', out])
    expect(code, text).toBe(0)
    const [only, ...more] = JSON.parse(await readFile(join(out, 'concurrency.json'), 'utf8')) as NamedSweep[]
    expect(more).toEqual([])
    const { settings, layers, bytes, fastest, recommended } = only!.result
    expect(settings.map(({ setting }) => setting)).toEqual([
      { downloads: 1, unpacks: 1 },
      { downloads: 3, unpacks: 1 },
    ])
    expect(layers).toBe(3)
    expect(bytes).toBeGreaterThan(400_000)
    expect(fastest.wall.median).toBeGreaterThan((bytes / 12.5e6) * 0.9) // 100 Mbit/s
    expect(recommended.wall.median).toBeLessThanOrEqual(fastest.wall.median * 1.05)
    for (const { cpu, memory, timeline } of settings) {
      expect(cpu.median).toBeGreaterThan(0)
      expect(memory.median).toBeGreaterThan(10e6)
      expect(new Set(timeline.spans.map(({ stage }) => stage))).toContain('download')
    }
    // One at a time, the layers stand in line: the second for one way there and back at least, the third for two.
    expect(settings[0]!.waited.slot).toBeGreaterThan(3 * 0.04 * 0.9)
    expect(await readFile(join(out, 'concurrency.md'), 'utf8')).toContain('| 3 | 1 |')
  },
)
