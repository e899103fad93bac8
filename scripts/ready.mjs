#!/usr/bin/env node
/**
 * Prepares a fresh clone, so that `npm run demo` and `npm test` need no other step.
 *
 *   --build   installs the dependencies of package-lock.json, and builds dist/ from the sources
 *   --real    installs the real programs of spec/real with apt-get, or reports that it cannot
 *
 * Returns quickly if nothing is to be done. Concurrent runs wait for each other. Writes to stderr.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const at = (...parts) => join(root, ...parts)
const say = (text) => process.stderr.write(`ready: ${text}\n`)
const isSet = (name) => !['', '0', 'false', undefined].includes(process.env[name])

/** Ends the script with one line and the output of the program that failed. */
class Failure extends Error {
  constructor(message, output = '') {
    super(output.trim() === '' ? message : `${message}\n${output.trim()}`)
  }
}

/** Runs a program. Its output is shown only if it fails. */
function run(command, args, env = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (result.error) throw new Failure(`${command} cannot be run: ${result.error.message}`)
  if (result.status !== 0)
    throw new Failure(`${command} ${args[0] ?? ''} failed`, `${result.stdout}\n${result.stderr}`)
}

// --- lock

const lock = at('.cache', 'ready.lock')

const isAlive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

const takeLock = () => {
  mkdirSync(at('.cache'), { recursive: true })
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    return false
  }
}

/** Returns the process id of the holder; undefined if the lock was just removed or created. */
const lockHolder = () => {
  try {
    return Number(readFileSync(lock, 'utf8')) || undefined
  } catch {
    return undefined
  }
}

async function locked(work) {
  for (let reported = false; !takeLock(); await setTimeout(100)) {
    const holder = lockHolder()
    if (holder !== undefined && !isAlive(holder)) rmSync(lock, { force: true })
    else if (!reported) {
      reported = true
      say('waiting for another run that prepares this clone')
    }
  }
  const release = () => rmSync(lock, { force: true })
  process.once('exit', release)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))
  try {
    await work()
  } finally {
    release()
    process.off('exit', release)
  }
}

// --- dependencies

const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(at('package-lock.json')))
    .digest('hex')
const installStamp = at('node_modules', '.windlass-lock')

function isInstalled() {
  const npmStamp = at('node_modules', '.package-lock.json')
  if (!existsSync(npmStamp)) return false
  if (existsSync(installStamp)) return readFileSync(installStamp, 'utf8') === lockHash()
  return statSync(npmStamp).mtimeMs >= statSync(at('package-lock.json')).mtimeMs
}

function install() {
  // npm would empty the directory that the link leads to, which another clone uses.
  if (lstatSync(at('node_modules'), { throwIfNoEntry: false })?.isSymbolicLink())
    throw new Failure('node_modules is a link: remove it, or run `npm ci` where it leads to')
  say('installing dependencies (npm ci)')
  // Within `npm test`, npm would inherit the configuration of the outer npm. --include installs the compiler even with
  // NODE_ENV=production.
  run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'])
  writeFileSync(installStamp, lockHash())
}

// --- dist

/** The scripts that build what tsc does not. */
const builders = ['bundle.mjs', 'bundle-ui.mjs', 'man-pages.mjs']
const buildStamp = at('dist', '.sources.json')

/** Returns the source files of dist/ with their sizes and times. */
function sources() {
  const files = {}
  const visit = (path) => {
    if (!existsSync(at(path))) return
    const { size, mtimeMs } = statSync(at(path))
    files[path] = `${size} ${mtimeMs}`
  }
  for (const file of ['tsconfig.json', 'tsconfig.build.json', 'package.json', 'package-lock.json'])
    visit(file)
  for (const script of builders) visit(join('scripts', script))
  for (const folder of ['lib', 'pipelines', 'puller', 'doctor', 'server', 'cli', 'ui'])
    if (existsSync(at(folder)))
      for (const name of readdirSync(at(folder), { recursive: true }))
        if (/\.([cm]?tsx?|css|html|svg)$/.test(name)) visit(join(folder, name))
  return files
}

const builtSources = () => (existsSync(buildStamp) ? JSON.parse(readFileSync(buildStamp, 'utf8')) : undefined)
const isBuilt = () => JSON.stringify(builtSources()) === JSON.stringify(sources())

function build() {
  const before = builtSources() ?? {}
  const now = sources()
  // The output of a removed source file would remain importable.
  if (Object.keys(before).some((path) => !(path in now))) rmSync(at('dist'), { recursive: true, force: true })
  say('compiling (tsc)')
  run(process.execPath, [at('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'])
  for (const script of builders) run(process.execPath, [at('scripts', script)])
  writeFileSync(buildStamp, JSON.stringify(now))
}

// --- the real programs

/** Debian package by program. */
const programs = {
  'docker-registry': 'docker-registry',
  skopeo: 'skopeo',
  umoci: 'umoci',
  tar: 'tar',
  xz: 'xz-utils',
  zstd: 'zstd',
  openssl: 'openssl',
  setfattr: 'attr',
  getfattr: 'attr',
  setcap: 'libcap2-bin',
  setpriv: 'util-linux',
  bsdtar: 'libarchive-tools',
  strace: 'strace',
  tmux: 'tmux',
  microsocks: 'microsocks',
  docker: 'docker.io',
  // A test starts it with a data directory of its own. The policy script below keeps it from starting as a service.
  dockerd: 'docker.io',
  'docker-compose': 'docker-compose',
  // Tests compare the files that they read with ours.
  podman: 'podman',
  containerd: 'containerd',
  ctr: 'containerd',
  script: 'bsdutils',
  'docker-credential-pass': 'golang-docker-credential-helpers',
  'docker-credential-secretservice': 'golang-docker-credential-helpers',
  // A keyring, and a bus of its own, for the helper above.
  'gnome-keyring-daemon': 'gnome-keyring',
  'dbus-run-session': 'dbus-daemon',
  'dbus-send': 'dbus-bin',
  pass: 'pass',
  gpg: 'gnupg',
  // Provides libisal.so.2, which Windlass uses to decompress gzip if it is installed.
  igzip: 'isal',
  chromium: 'chromium',
  runc: 'runc',
  crun: 'crun',
  // File systems whose files can share their content.
  'mkfs.xfs': 'xfsprogs',
  'mkfs.btrfs': 'btrfs-progs',
  // A test puts registries behind its paths.
  nginx: 'nginx-light',
  // Statically linked, so that an image of this one file runs.
  busybox: 'busybox-static',
  // The completion scripts and the manual pages are tested with them.
  zsh: 'zsh',
  fish: 'fish',
  mandoc: 'mandoc',
  man: 'man-db',
}

function isProgram(name) {
  const path = `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`
  return path.split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Programs of Debian testing, which need no other package of it: where they are kept, and their packages. */
const tools = at('.cache', 'tools')
const testingPrograms = { cosign: 'cosign' }
const missingTestingPrograms = () =>
  Object.keys(testingPrograms).filter((name) => !existsSync(join(tools, name)) && !isProgram(name))

/** Takes programs out of packages of Debian testing, without installing them. Their signatures are verified by apt. */
function downloadTesting(missing) {
  say(`downloading ${missing.join(', ')} of Debian testing, which tests of signatures run`)
  const work = at('.cache', 'tools.new')
  rmSync(work, { recursive: true, force: true })
  for (const folder of ['lists/partial', 'cache/archives/partial', 'out', 'bin'])
    mkdirSync(join(work, folder), { recursive: true })
  const targets = ['indextargets', '--format', '$(ORIGIN) $(COMPONENT) $(SITE)', 'Created-By: Packages']
  const listed = spawnSync('apt-get', targets, { encoding: 'utf8' }).stdout ?? ''
  const site = /^Debian main (\S+)$/m.exec(listed)?.[1]
  if (site === undefined) throw new Failure('apt has no mirror of Debian configured')
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
  writeFileSync(join(work, 'sources.list'), `deb [signed-by=${keyring}] ${site} testing main\n`)
  writeFileSync(join(work, 'status'), '')
  const settings = [
    `Dir::Etc::sourcelist=${join(work, 'sources.list')}`,
    'Dir::Etc::sourceparts=/dev/null',
    `Dir::State::Lists=${join(work, 'lists')}`,
    `Dir::State::status=${join(work, 'status')}`,
    `Dir::Cache=${join(work, 'cache')}`,
    'Acquire::Languages=none',
    'Acquire::Retries=3',
    // A mirror may be an old snapshot.
    'Acquire::Check-Valid-Until=false',
    `APT::Sandbox::User=${process.env.USER ?? 'root'}`,
  ].flatMap((setting) => ['-o', setting])
  run('apt-get', [...settings, '-qq', 'update'])
  for (const name of missing) {
    run('sh', [
      '-c',
      'cd "$1/out" && shift && apt-get "$@"',
      'sh',
      work,
      ...settings,
      '-qq',
      'download',
      testingPrograms[name],
    ])
    const [file] = readdirSync(join(work, 'out')).filter((each) =>
      each.startsWith(`${testingPrograms[name]}_`),
    )
    if (file === undefined) throw new Failure(`${name} was not downloaded`)
    run('dpkg-deb', ['-x', join(work, 'out', file), join(work, 'bin')])
    mkdirSync(tools, { recursive: true })
    renameSync(join(work, 'bin', 'usr', 'bin', name), join(tools, name))
    // Debian's build does not state its version.
    writeFileSync(join(tools, `${name}.version`), file.split('_')[1] ?? '')
  }
  rmSync(work, { recursive: true, force: true })
}

const missingPrograms = () => Object.keys(programs).filter((name) => !isProgram(name))
const isRoot = () => process.getuid?.() === 0

async function installPrograms(missing) {
  const packages = [...new Set(missing.map((name) => programs[name]))]
  say(`installing ${packages.join(', ')} (apt-get), which the tests with real components run`)
  const apt = (...args) =>
    run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3', '-qq', ...args], {
      DEBIAN_FRONTEND: 'noninteractive',
    })
  // The policy script keeps Debian from starting services: the registry package would otherwise use port 5000.
  const policy = '/usr/sbin/policy-rc.d'
  const ours = !existsSync(policy)
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        apt('update')
        apt('install', '-y', '--no-install-recommends', ...packages)
        return
      } catch (error) {
        if (attempt === 3) throw error
        await setTimeout(5000 * attempt)
      }
    }
  } finally {
    if (ours) rmSync(policy, { force: true })
  }
}

/** Installs the real programs. Returns why their tests cannot run; undefined if they can. */
async function makeReal() {
  if (process.platform !== 'linux') return 'they need Linux'
  const missing = missingPrograms()
  if (missing.length > 0 && isRoot() && isProgram('apt-get'))
    try {
      await installPrograms(missing)
    } catch (error) {
      return error.message
    }
  const missingTools = missingTestingPrograms()
  if (missingTools.length > 0 && isProgram('apt-get'))
    try {
      downloadTesting(missingTools)
    } catch (error) {
      // Only the tests of signatures need them.
      say(`SKIPPING the tests with ${missingTools.join(', ')}: ${error.message}`)
    }
  const still = missingPrograms()
  if (still.length > 0)
    return `missing here: ${still.join(', ')}${isRoot() ? '' : ' (and only root may install them)'}`
  return isRoot() ? undefined : 'they need root: for devices, owners and capabilities'
}

// --- main

const options = new Set(process.argv.slice(2))
const unknown = [...options].filter((option) => option !== '--build' && option !== '--real')

try {
  if (unknown.length > 0 || options.size === 0)
    throw new Failure('usage: node scripts/ready.mjs [--build] [--real]')
  if (options.has('--build') && !(isInstalled() && isBuilt()))
    await locked(() => {
      if (!isInstalled()) install()
      if (!isBuilt()) build()
    })
  if (
    options.has('--real') &&
    !(isRoot() && missingPrograms().length === 0 && missingTestingPrograms().length === 0)
  )
    await locked(async () => {
      const reason = await makeReal()
      if (reason === undefined) return
      if (isSet('CI'))
        throw new Failure(`The tests with real components cannot run, which CI does not accept: ${reason}`)
      say(`SKIPPING every test of spec/real (real registry, skopeo, umoci): ${reason}`)
    })
} catch (error) {
  say(error instanceof Failure ? error.message : error.stack)
  process.exitCode = 1
}
