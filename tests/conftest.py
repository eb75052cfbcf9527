"Close with one plain line that counts."
def pytest_unconfigure(config):
    reporter = config.pluginmanager.get_plugin('terminalreporter')
    if reporter is None: return
    n = {k: len(reporter.stats.get(k, [])) for k in ('passed', 'failed', 'error', 'skipped')}
    skipped = f', {n["skipped"]} skipped' if n['skipped'] else ''
    print(f'{n["passed"]} passed, {n["failed"] + n["error"]} failed{skipped}')
