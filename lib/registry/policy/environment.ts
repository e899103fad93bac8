/** The variables of a process, or what stands for them in a test. */
export type Environment = Readonly<Record<string, string | undefined>>
