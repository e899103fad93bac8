/**
 * Platforms: what a program runs on, as the field writes, reads and normalises them (containerd/platforms).
 */
import { WindlassError } from '../../errors.js'
import { hostPlatform } from './host-platform.js'
import { type Platform, PlatformCodec } from './platform-codec.js'
import { normalizeArchitecture, normalizeOs } from './normalize-platform.js'
import { printable, quoted } from '../../codec/printable.js'

export { hostPlatform, type Platform, PlatformCodec }

const knownOs = new Set(
  (
    'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris ' +
    'windows zos'
  ).split(' '),
)
const knownArchitectures = new Set(
  (
    '386 amd64 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 mips64le ' +
    'mips64p32 mips64p32le ppc riscv riscv64 s390 s390x sparc sparc64 wasm'
  ).split(' '),
)

/** `os`, then in parentheses a version and features, each feature after a `+`. */
const osForm = /^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.%-]*)((?:\+[A-Za-z0-9_.%-]+)*)\))?$/
const partForm = /^[A-Za-z0-9_.-]+$/

function make(
  os: string,
  architecture: string,
  variant: string,
  version = '',
  features: readonly string[] = [],
): Platform {
  return {
    os,
    architecture,
    ...(variant === '' ? {} : { variant }),
    ...(version === '' ? {} : { 'os.version': version }),
    ...(features.length === 0 ? {} : { 'os.features': features }),
  }
}

function invalid(text: string, problem: string): WindlassError {
  return new WindlassError('PLATFORM_INVALID', `${quoted(text)} is not a platform: ${problem}`, {
    hint: 'A platform is OS/ARCH or OS/ARCH/VARIANT, such as linux/amd64 or linux/arm/v7.',
  })
}

/**
 * The platform that a specifier names: `linux/arm64/v8`, `linux/amd64`, `windows(10.0.17763+win32k)/amd64`, or
 * one of the two alone (`arm64`, `linux`), the other being this host's. Aliases are resolved (`x86_64`); arm64
 * keeps `v8` where it was written, as containerd does. Throws `PLATFORM_INVALID`.
 */
export function parsePlatform(text: string): Platform {
  const [first = '', ...rest] = text.split('/')
  const match = osForm.exec(first)
  if (match === null) throw invalid(text, `${quoted(first)} is no operating system`)
  for (const part of rest)
    if (!partForm.test(part)) throw invalid(text, `${quoted(part)} is no architecture or variant`)

  const [, written = '', version = '', features = ''] = match
  const decoded = (option: string): string => {
    try {
      return decodeURIComponent(option)
    } catch {
      throw invalid(text, `${quoted(option)} is not percent-encoded`)
    }
  }
  const os = normalizeOs(written)
  const wanted = (architecture: string, variant: string): Platform =>
    make(os, architecture, variant, decoded(version), features.split('+').slice(1).map(decoded))

  const [architecture, variant, ...tooMany] = rest
  if (tooMany.length > 0) throw invalid(text, 'it has more than three parts')
  if (architecture === undefined) {
    const host = hostPlatform()
    if (knownOs.has(os)) return wanted(host.architecture, host.variant ?? '')
    const alone = normalizeArchitecture(first, '')
    if (knownArchitectures.has(alone.architecture))
      return make(host.os, alone.architecture, plainVariant(alone))
    throw invalid(text, 'it is neither a known operating system nor a known architecture')
  }
  const normal = normalizeArchitecture(architecture, variant ?? '')
  if (variant === undefined) return wanted(normal.architecture, plainVariant(normal))
  const spelled = normal.architecture === 'arm64' && normal.variant === '' ? 'v8' : normal.variant
  return wanted(normal.architecture, spelled)
}

/** Most arm images say no variant and mean v7: without one asked for, none is shown. */
const plainVariant = ({ architecture, variant }: { architecture: string; variant: string }): string =>
  architecture === 'arm' && variant === 'v7' ? '' : variant

/** Percent-encodes what has a meaning in a specifier. */
const encoded = (option: string): string =>
  option.replace(/[%+()/]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

/**
 * `os/arch[/variant]`, with the version and features of the operating system in parentheses where there are any. Safe to
 * print whatever document the platform came from.
 */
export function formatPlatform(platform: Platform): string {
  if (platform.os === '') return 'unknown'
  const features = [...new Set(platform['os.features'])].filter((one) => one !== '').sort()
  const version = platform['os.version'] ?? ''
  const options = encoded(version) + features.map((one) => `+${encoded(one)}`).join('')
  const os = options === '' ? platform.os : `${platform.os}(${options})`
  return printable([os, platform.architecture, platform.variant].filter((part) => part).join('/'))
}

/**
 * The canonical form, by which platforms are compared: lower case, `x86_64` → `amd64`, `aarch64` → `arm64`,
 * `armhf` → `arm/v7`, `arm` → `arm/v7`, `arm64/v8` → `arm64`, `amd64/v1` → `amd64`, features sorted.
 */
export function normalizePlatform(platform: Platform): Platform {
  const { architecture, variant } = normalizeArchitecture(platform.architecture, platform.variant ?? '')
  const features = [...new Set(platform['os.features'])].sort()
  return make(normalizeOs(platform.os), architecture, variant, platform['os.version'], features)
}
