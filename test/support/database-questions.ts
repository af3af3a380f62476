/**
 * What a script that stands for `bwrap` does in place of a client of the database server: each question to it, which
 * ends with a line that asks for the end of the answer or with the input, is a call of its own.
 * @param before bash that is run before a question is sent; `$asked` in it is the question
 * @param after the same, once its answer has come and before it is given
 */
export const eachQuestion = (before: string, after: string): string => `
  coproc CLIENT { exec bwrap "$@"; }
  exec 4<&"\${CLIENT[0]}" 5>&"\${CLIENT[1]}"; eval "exec \${CLIENT[0]}<&- \${CLIENT[1]}>&-"; client=$CLIENT_PID
  while IFS= read -r line; do
    text+=$line$'\\n'
    [[ $line =~ ^"SELECT '"([0-9a-f]{32})"';"$ ]] || continue
    end=\${BASH_REMATCH[1]}
    asked=$text text=
    ${before}
    printf %s "$asked" >&5
    answer=; while IFS= read -r line <&4; do answer+=$line$'\\n'; [ "$line" != "$end" ] || break; done
    [ "$line" = "$end" ] || break
    ${after}
    printf %s "$answer"
  done
  [ -z "$text" ] || { asked=$text; ${before}; printf %s "$asked" >&5; }
  exec 5>&-
  cat <&4; wait $client; code=$?
  [ -z "$text" ] || { ${after}; }
  exit $code`
