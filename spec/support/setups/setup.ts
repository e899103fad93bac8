/** A home directory with configuration files, and the programs that read them: Windlass, skopeo, podman, docker. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { expectExit, runWindlass, type CommandResult } from '../../../testbench/harness/command-line.js'
import { runTool } from '../../../testbench/harness/run-tool.js'
import type { Visit, Visits } from './visits.js'

/** The requests of a program for each of its commands. */
export interface Talks {
  readonly pull: readonly Visit[]
  readonly inspect: readonly Visit[]
  readonly tags: readonly Visit[]
}

/** An image as the set-up names it, and what its registry has. */
export interface Wanted {
  /** Name without a tag. */
  readonly name: string
  readonly tag: string
  readonly digest: string
  readonly tags: readonly string[]
}

/** What a user has: a home directory, and an environment that leads to it. */
export class Setup {
  readonly directory: string
  /** Added to `HOME` and the like for all programs. */
  readonly env: Record<string, string>
  readonly #visits: Visits
  #made = 0

  private constructor(directory: string, visits: Visits) {
    this.directory = directory
    this.#visits = visits
    // Nothing of the user who runs the tests is read.
    this.env = {
      HOME: directory,
      XDG_CONFIG_HOME: this.path('.config'),
      XDG_RUNTIME_DIR: this.path('run'),
      DOCKER_CONFIG: this.path('.docker'),
    }
  }

  /** Creates a set-up, which is removed when the test has finished. */
  static async create(visits: Visits): Promise<Setup> {
    const directory = await mkdtemp(join(tmpdir(), 'windlass-setup-'))
    onTestFinished(() => rm(directory, { recursive: true, force: true }))
    visits.take()
    await mkdir(join(directory, 'run'))
    return new Setup(directory, visits)
  }

  path(name: string): string {
    return join(this.directory, name)
  }

  async write(name: string, text: string): Promise<string> {
    await mkdir(dirname(this.path(name)), { recursive: true })
    await writeFile(this.path(name), text, { mode: 0o600 })
    return this.path(name)
  }

  /** Writes `registries.conf`: the registry and its mirrors, which may use plain HTTP. */
  async writeRegistriesConf(
    registry: string,
    mirrors: readonly string[] = [],
    more: readonly string[] = [],
  ): Promise<void> {
    const lines = [
      ...['[[registry]]', `location = "${registry}"`, 'insecure = true'],
      ...mirrors.flatMap((mirror) => [
        ...['[[registry.mirror]]', `location = "${mirror}"`, 'insecure = true', ...more],
      ]),
    ]
    await this.write('.config/containers/registries.conf', `${lines.join('\n')}\n`)
  }

  /** Runs `windlass` with a store of its own. */
  windlass(...args: readonly string[]): Promise<CommandResult> {
    return runWindlass(args, { env: { ...this.env, WINDLASS_STORE: this.path('store') } })
  }

  /** Lets Windlass inspect, list and pull an image, and expects that it succeeds. */
  async windlassTalks(image: Wanted, ...options: readonly string[]): Promise<Talks> {
    const named = `${image.name}:${image.tag}`
    const inspected = await this.windlass('inspect', ...options, named)
    expectExit(inspected, 0)
    expect(inspected.stdout).toContain(image.digest)
    const inspect = this.#visits.take()
    expectExit(await this.windlass('tags', ...options, image.name), 0, `${image.tags.join('\n')}\n`)
    const tags = this.#visits.take()
    const pulled = await this.windlass('pull', '--platform', 'linux/amd64', ...options, named)
    expectExit(pulled, 0)
    expect(pulled.stdout).toContain(`@${image.digest}`)
    return { inspect, tags, pull: this.#visits.take() }
  }

  /** Lets skopeo inspect, list and copy an image, and expects that it succeeds. */
  async skopeoTalks({ name, tag, tags, digest }: Wanted): Promise<Talks> {
    const inspected = JSON.parse(await this.skopeo('inspect', `docker://${name}:${tag}`)) as {
      Digest: string
    }
    expect(inspected.Digest).toBe(digest)
    const inspect = this.#visits.take()
    const listed = JSON.parse(await this.skopeo('list-tags', `docker://${name}`)) as { Tags: string[] }
    expect(listed.Tags).toEqual(tags)
    const ofTags = this.#visits.take()
    const copy = this.path(`copy-${this.#made++}`)
    await this.skopeo('copy', '-q', '--preserve-digests', `docker://${name}:${tag}`, `dir:${copy}`)
    expect(await readFile(join(copy, 'version'), 'utf8')).toContain('Directory Transport Version')
    return { inspect, tags: ofTags, pull: this.#visits.take() }
  }

  async skopeo(...args: readonly string[]): Promise<string> {
    return (await runTool('skopeo', ['--insecure-policy', ...args], { env: this.env })).toString()
  }

  /** Returns the requests of `podman pull` into an empty storage, and expects that it succeeds. */
  async podmanPull({ name, tag }: Wanted): Promise<readonly Visit[]> {
    this.#visits.take()
    await this.podman('pull', '--quiet', `${name}:${tag}`)
    return this.#visits.take()
  }

  /** Runs podman with a storage of its own for each call. */
  async podman(...args: readonly string[]): Promise<string> {
    const storage = this.path(`podman-${this.#made++}`)
    const places = ['--root', join(storage, 'root'), '--runroot', join(storage, 'run')]
    // With this variable, which says what is so without it, podman refuses to run if the directory has no file.
    const env = { ...this.env, DOCKER_CONFIG: '' }
    const options = ['--storage-driver', 'vfs', '--events-backend', 'none', '--cgroup-manager', 'cgroupfs']
    return (await runTool('podman', [...places, ...options, ...args], { env })).toString()
  }

  /** Returns the requests of `docker pull` by the daemon at a socket, with the credentials of the client. */
  async dockerPull(socket: string, { name, tag }: Wanted): Promise<readonly Visit[]> {
    this.#visits.take()
    const args = ['--host', `unix://${socket}`, 'pull', '--quiet', `${name}:${tag}`]
    await runTool('docker', args, { env: this.env })
    return this.#visits.take()
  }
}
