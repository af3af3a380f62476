// the former name of resolve: commands that older mails print still work
import './resolve.ts'
