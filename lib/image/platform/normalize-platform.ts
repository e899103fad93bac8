/** Normalises the names of operating systems and architectures (containerd/platforms database.go). */

/** Returns `os` in lower case, with aliases resolved. */
export function normalizeOs(os: string): string {
  const lower = os.toLowerCase()
  return lower === 'macos' ? 'darwin' : lower
}

/**
 * Returns architecture and variant in lower case, with aliases resolved. The default variant of amd64 (`v1`) and of
 * arm64 (`v8`) becomes empty. A missing variant of arm becomes `v7`.
 */
export function normalizeArchitecture(
  architecture: string,
  variant: string,
): { architecture: string; variant: string } {
  const lower = architecture.toLowerCase()
  const version = variant.toLowerCase()
  switch (lower) {
    case 'i386':
      return { architecture: '386', variant: '' }
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return { architecture: 'amd64', variant: version === 'v1' ? '' : version }
    case 'aarch64':
    case 'arm64':
      if (['8', 'v8', 'v8.0'].includes(version)) return { architecture: 'arm64', variant: '' }
      return { architecture: 'arm64', variant: ['9', '9.0', 'v9.0'].includes(version) ? 'v9' : version }
    case 'armhf':
      return { architecture: 'arm', variant: 'v7' }
    case 'armel':
      return { architecture: 'arm', variant: 'v6' }
    case 'arm':
      if (version === '') return { architecture: 'arm', variant: 'v7' }
      return { architecture: 'arm', variant: /^[5-8]$/.test(version) ? `v${version}` : version }
    default:
      return { architecture: lower, variant: version }
  }
}
