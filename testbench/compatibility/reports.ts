/** Public reports of images that other tools did not accept, and the cases that reproduce them. */

export interface Report {
  /** Project and number of the issue. */
  readonly report: string
  readonly cases: readonly string[]
}

const platforms = [
  'config-without-os',
  'config-without-architecture',
  'config-without-platform',
  'config-platform-null',
  'config-platform-empty',
]
const encodings = ['blob-encoding-aws-chunked', 'blob-encoding-utf-8', 'manifest-encoding-aws-chunked']
const sha512 = ['sha512-layer', 'sha512-config', 'sha512-diff-id', 'sha512-manifest', 'sha512-everywhere']

const byReport: Readonly<Record<string, readonly string[]>> = {
  'moby #30083': ['config-type-missing', 'config-type-null', 'layer-type-missing', 'layer-type-empty'],
  'moby #30262': ['config-type-html'],
  'moby #44567': ['config-type-missing', 'config-type-empty', 'config-type-html', 'config-type-octet-stream'],
  'moby #44569': ['config-type-empty'],
  'moby #48361': ['config-type-octet-stream'],
  'Trow #210': ['manifest-without-schema-version', 'manifest-schema-version-null'],
  'kaniko #997': [...platforms, 'config-without-rootfs-type'],
  'buildpacks/pack #2315': platforms,
  'buildpacks/pack #2079': platforms,
  'nickel #2261': ['config-command-strings'],
  'jib #991': ['config-history-too-long'],
  'go-containerregistry #2450': [
    'config-history-missing',
    'config-history-too-short',
    'config-history-all-empty',
  ],
  'nix2container #57': ['config-history-missing'],
  'skopeo #991': ['types-mixed', 'types-mixed-docker'],
  'cri-o #2905': ['types-mixed-docker'],
  'docker/for-linux #1296': ['config-size-missing', 'layer-size-off-by-one'],
  'cue #2982': ['error-unknown-code', 'tags-unknown-repository'],
  'buildpacks/lifecycle #304': ['error-unknown-code'],

  'moby #21213': ['layers-empty', 'layerless-docker'],
  'moby #21222': ['layers-empty', 'layerless-docker'],

  'containerd #2401': ['index-entry-size-too-small', 'index-entry-size-too-large'],
  'rancher #22415': ['index-entry-size-too-small', 'index-entry-size-zero'],
  'openfaas/store #58': ['index-entry-size-too-small'],
  'rancher #47428': ['index-entry-other-type', 'index-docker-list', 'manifest-served-as-docker-manifest'],
  'moby #46759': ['index-same-twice'],
  'containerd #14000': ['index-twins'],
  'containerd #8243': ['index-beside-attestation', 'artifact-attestation-of-buildkit'],
  'containerd #2410': ['index-nested'],
  'containerd #3058': ['index-beside-blake3', 'index-chosen-blake3', 'manifest-subject-unknown-algorithm'],
  'helm #31775': ['index-beside-helm-chart'],
  'teleproxy #49': ['index-beside-missing'],
  'podman #24685': ['index-entry-without-platform'],

  'aws-sdk-java-v2 #5769': encodings,
  'noobaa #9138': encodings,
  'ceph/s3-tests #671': encodings,
  'rustfs #2009': encodings,
  'moby #17595': ['blob-encoding-x-gzip', 'blob-encoding-gzip'],
  'docker/cli #5304': ['manifest-served-as-nothing'],
  'containerd #5632': ['manifest-served-as-schema1'],
  'containerd #7390': ['head-without-type'],
  'oras-go #1176': ['head-other-length', 'manifest-encoded'],
  'oras-go #1177': ['head-other-length', 'manifest-encoded'],
  'wharf #11': ['head-without-length'],
  'containerd #5124': ['blob-chunked', 'manifest-chunked'],
  'distribution #3792': ['without-digest-header'],
  'distribution #2384': ['without-digest-header'],
  'containerd #3238': ['without-digest-header'],
  'containerd #3549': ['without-digest-header'],

  'distribution #3574': ['location-double-slash', 'signed-by-azure'],
  'Azure/acr #217': ['signed-by-azure'],
  'Azurite #415': ['location-double-quotes'],

  'nexus-public #1011': ['link-inner-path', 'link-inner-host'],
  'renovate #15080': ['link-path-lost'],
  'renovate #20745': ['link-path-lost'],
  'dkregistry-rs #236': ['link-commas', 'link-query-alone'],
  'oras/artifacts-spec #94': ['link-absolute', 'link-relative'],
  'distribution #4324': ['tags-null', 'tags-unknown-repository'],
  'containers/image #2771': ['tags-with-dash'],

  'moby #44367': ['artifact-helm-chart'],
  'moby #44413': ['artifact-helm-chart'],
  'helm #30890': ['artifact-helm-chart'],
  'sigstore/docs #259': ['artifact-cosign-signature'],
  'cosign #2298': ['artifact-cosign-signature'],
  'image-syncer #101': ['artifact-cosign-signature'],
  'rancher-desktop #6661': ['artifact-sbom-of-cosign'],
  'moby #43778': ['artifact-encrypted'],
  'nerdctl #3928': ['artifact-nydus'],
  'guest-components #827': ['artifact-nydus'],
  'container-libs #565': ['artifact-nydus'],
  'buildkit #1043': ['artifact-buildkit-cache'],
  'buildozer #1975': ['artifact-buildkit-cache'],
  'regclient #73': ['artifact-buildkit-cache'],

  'moby #48241': sha512,
  'go-containerregistry #2427': sha512,
  'distribution #4420': sha512,
  'container-libs #376': sha512,

  'containerized-data-importer #4277': ['zstd-window-128-mib', 'zstd-window-64-mib'],
  'facebook/zstd #864': ['zstd-window-128-mib'],
  'facebook/zstd #3702': ['zstd-window-2-gib'],
  'podman #24885': ['zstd-skippable-between'],
  'containerd #10134': ['gzip-called-plain'],
  'containerd #13662': ['gzip-called-plain'],
  'rules_docker #2266': ['plain', 'plain-called-gzip'],
  'pelagos #441': ['plain'],

  'distribution #1746': ['token-life-string'],
  'moby #20970': ['token-issued-number'],
  'containerd #2157': ['token-without-life'],
  'skopeo #773': ['credentials-of-repository', 'credentials-of-neighbour'],
  'skopeo #2502': ['credentials-after-open-door'],
  'containers/image #2754': ['credentials-after-open-door'],
  'skopeo #1198': ['file-password-apart'],
  'skopeo #1059': ['file-entry-empty'],
}

export const reports: readonly Report[] = Object.entries(byReport).map(([report, cases]) => ({
  report,
  cases,
}))
