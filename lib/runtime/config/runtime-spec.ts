/**
 * The config of an OCI runtime bundle (runtime-spec 1.0.2, config.md and config-linux.md): the fields that Windlass
 * writes. All of them also exist in version 1.1.
 */
import * as t from 'io-ts'

/** The version that is written. Runtimes of the 1.x series accept it. */
export const runtimeSpecVersion = '1.0.2'

const MountCodec = t.intersection([
  t.type({ destination: t.string }),
  t.partial({ type: t.string, source: t.string, options: t.array(t.string) }),
])

const IdMappingCodec = t.type({ containerID: t.number, hostID: t.number, size: t.number })

const CapabilitiesCodec = t.partial({
  bounding: t.array(t.string),
  effective: t.array(t.string),
  inheritable: t.array(t.string),
  permitted: t.array(t.string),
  ambient: t.array(t.string),
})

const ProcessCodec = t.intersection([
  t.type({
    user: t.intersection([
      t.type({ uid: t.number, gid: t.number }),
      t.partial({ additionalGids: t.array(t.number) }),
    ]),
    args: t.array(t.string),
    env: t.array(t.string),
    cwd: t.string,
  }),
  t.partial({ terminal: t.boolean, capabilities: CapabilitiesCodec, noNewPrivileges: t.boolean }),
])

const DeviceRuleCodec = t.intersection([
  t.type({ allow: t.boolean }),
  t.partial({ type: t.string, major: t.number, minor: t.number, access: t.string }),
])

const LinuxCodec = t.intersection([
  t.type({ namespaces: t.array(t.type({ type: t.string })) }),
  t.partial({
    uidMappings: t.array(IdMappingCodec),
    gidMappings: t.array(IdMappingCodec),
    resources: t.partial({ devices: t.array(DeviceRuleCodec) }),
    maskedPaths: t.array(t.string),
    readonlyPaths: t.array(t.string),
  }),
])

/** Codec for the fields of `config.json` that Windlass writes. Other fields are ignored. */
export const RuntimeSpecCodec = t.intersection([
  t.type({
    ociVersion: t.string,
    process: ProcessCodec,
    root: t.intersection([t.type({ path: t.string }), t.partial({ readonly: t.boolean })]),
    mounts: t.array(MountCodec),
    linux: LinuxCodec,
  }),
  t.partial({ hostname: t.string, annotations: t.record(t.string, t.string) }),
])

/** The config of a container: `config.json` of a runtime bundle. */
export type RuntimeSpec = t.TypeOf<typeof RuntimeSpecCodec>
/** A mount in a container. */
export type RuntimeMount = t.TypeOf<typeof MountCodec>
/** A range of user or group ids of a container, and the ids outside of it that they stand for. */
export type IdMapping = t.TypeOf<typeof IdMappingCodec>
