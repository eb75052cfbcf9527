"Close with one plain line that counts."
def pytest_terminal_summary(terminalreporter):
    n = {k: len(terminalreporter.stats.get(k, [])) for k in ('passed', 'failed', 'error', 'skipped')}
    skipped = f', {n["skipped"]} skipped' if n['skipped'] else ''
    terminalreporter.write_line(f'{n["passed"]} passed, {n["failed"] + n["error"]} failed{skipped}')
