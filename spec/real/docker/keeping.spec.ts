/** `windlass images` and `windlass history` against `docker images` and `docker history` of a real dockerd, of the same images. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BuiltImage, buildImage, putImage } from '../../../lib/testing/images/index.js'
import { open } from '../../../puller/index.js'
import { type Dockerd, startDockerd } from '../../../testbench/docker/dockerd.js'
import { type Distribution, startDistribution } from '../../../testbench/harness/distribution.js'
import { startRegistry } from '../../../lib/testing/registry/index.js'
import { windlass } from '../../support/cli/test-terminal.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const imageOf = (name: string): BuiltImage =>
  buildImage({
    layers: [
      {
        entries: [{ path: 'base', content: 'base'.repeat(300_000) }],
        createdBy: '/bin/sh -c #(nop) ADD file:base in / ',
      },
      {
        entries: [{ path: name, content: name.repeat(200_000) }],
        createdBy: `RUN make ${'x'.repeat(60)} ${name}`,
      },
    ],
    config: { created: '2024-05-06T07:08:09Z' },
  })

const dockerd = process.getuid?.() === 0 ? await startDockerd() : 'dockerd needs root'
if (typeof dockerd === 'string') process.stderr.write(`\nSKIPPED: dockerd: ${dockerd}\n`)

describe.runIf(typeof dockerd !== 'string')('keeping house like the client of Docker', () => {
  const store = join(temporaryDirectory(), 'store')
  let registry: Distribution
  const names: string[] = []
  const docker = (...words: string[]): string =>
    execFileSync('docker', ['--host', `unix://${(dockerd as Dockerd).socket}`, ...words], {
      encoding: 'utf8',
    })
  const run = async (...words: string[]): Promise<string> => {
    const { code, out, err } = await windlass([...words, '--store', store])
    expect(code, err).toBe(0)
    return out
  }

  beforeAll(async () => {
    registry = await startDistribution()
    const source = await startRegistry()
    const puller = await open({ store })
    for (const name of ['app', 'tool']) {
      await putImage(source, name, '1', imageOf(name))
      const target = `${registry.host}/team/${name}:1`
      names.push(target)
      await puller.copy(`${source.host}/${name}:1`, target, { platform: 'linux/amd64' }).done
      await puller.pull(target, { platform: 'linux/amd64' }).done
      docker('pull', '-q', target)
    }
    await puller.close()
    await source.close()
  })
  afterAll(async () => {
    await (dockerd as Dockerd).stop()
    await registry.stop()
  })

  it('lists the same images with the same names and IDs', async () => {
    const format = '{{.Repository}} {{.Tag}} {{.ID}} {{.Digest}}'
    const sorted = (text: string): string[] => text.trim().split('\n').sort()
    expect(sorted(await run('images', '--format', format))).toEqual(
      sorted(docker('images', '--digests', '--format', format)),
    )
  })

  it('lists the same history, with sizes that differ by the frame of the archive only', async () => {
    const steps = JSON.parse(await run('history', '--json', names[0]!)) as {
      readonly createdBy: string
      readonly comment: string
      readonly size: number
    }[]
    const format = '{{json .CreatedBy}}\t{{json .Comment}}\t{{.Size}}'
    const expected = docker('history', '--no-trunc', '--human=false', '--format', format, names[0]!)
      .trim()
      .split('\n')
      .map((line) => line.split('\t'))
    expect(steps.map(({ createdBy, comment }) => [createdBy, comment])).toEqual(
      expected.map(([by, comment]) => [by, comment].map((each) => JSON.parse(each!) as string)),
    )
    for (const [at, { size }] of steps.entries()) {
      const bytes = Number(expected[at]![2])
      expect(size).toBeGreaterThanOrEqual(bytes)
      expect(size - bytes).toBeLessThan(16_384)
    }
  })

  it('cuts commands as Docker does', async () => {
    const column = (text: string, from: string, to: string): string[] => {
      const [head = '', ...lines] = text.trimEnd().split('\n')
      return lines.map((line) =>
        line
          .slice(head.indexOf(from), head.indexOf(to))
          .trim()
          .replace(/\.\.\.$|…$/, ''),
      )
    }
    const ours = column(await run('history', names[0]!), 'CREATED BY', 'SIZE')
    const theirs = column(docker('history', names[0]!), 'CREATED BY', 'SIZE')
    expect(ours.length).toBe(2)
    for (const [at, text] of theirs.entries()) expect(text.startsWith(ours[at]!)).toBe(true)
  })
})
