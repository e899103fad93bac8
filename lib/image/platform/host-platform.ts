/**
 * The platform of the images that run on this machine, in the field's words rather than Node's.
 */
import { endianness, machine, release } from 'node:os'
import type { Platform } from './platform-codec.js'

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', mipsel: 'mipsle' }

/** Node says `ppc64` on both byte orders. */
function architectureOf(arch: string): string {
  if (arch === 'ppc64' && endianness() === 'LE') return 'ppc64le'
  return architectures[arch] ?? arch
}

/** The variant of a 32-bit ARM, from what the kernel calls the machine (`armv7l`; `aarch64` runs v8). */
export const armVariant = (kernelMachine: string): string | undefined =>
  kernelMachine === 'aarch64' ? 'v8' : /^armv([3-8])/i.exec(kernelMachine)?.[1]?.replace(/^/, 'v')

/**
 * What to pull where nothing was asked for. On macOS that is Linux, as containers there run in a Linux machine;
 * on Windows it has the version of the system, which its images must fit.
 */
export function hostPlatform(): Platform {
  const os =
    process.platform === 'win32' ? 'windows' : process.platform === 'darwin' ? 'linux' : process.platform
  const architecture = architectureOf(process.arch)
  const variant = architecture === 'arm' ? armVariant(machine()) : undefined
  return {
    os: os === 'sunos' ? 'solaris' : os,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    ...(os === 'windows' ? { 'os.version': release() } : {}),
  }
}
