/** Determines the platform of the images that run on this machine, with the names of the image-spec. */
import { endianness, machine, release } from 'node:os'
import type { Platform } from './platform-codec.js'

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', mipsel: 'mipsle' }

/** Converts Node's name of an architecture. Node reports `ppc64` for both byte orders. */
function architectureOf(arch: string): string {
  if (arch === 'ppc64' && endianness() === 'LE') return 'ppc64le'
  return architectures[arch] ?? arch
}

/**
 * Returns the variant of a 32-bit ARM process from the kernel's machine name: `v7` for `armv7l`, `v8` for `aarch64`.
 * Returns undefined for other names.
 */
export const armVariant = (kernelMachine: string): string | undefined =>
  kernelMachine === 'aarch64' ? 'v8' : /^armv([3-8])/i.exec(kernelMachine)?.[1]?.replace(/^/, 'v')

/**
 * Returns the default platform. On macOS it is Linux, because containers run in a Linux VM. On Windows it includes the
 * version of the system, which images have to match.
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
