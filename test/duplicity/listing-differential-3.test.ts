import { compareArchives } from './compare-archives.ts'

compareArchives(3, Number(process.env.HOLDFAST_TEST_ARCHIVES ?? 200) / 2)
