"""Package metadata, read from `settings.ini`."""

from configparser import ConfigParser
from pathlib import Path

from setuptools import find_packages, setup

config = ConfigParser(delimiters=['='])
config.read('settings.ini', encoding='utf-8')
settings = config['DEFAULT']
package = settings['lib_name']
extras = {
    name: settings[f'{name}_requirements'].split()
    for name in ('app', 'ray', 'smollm2', 'dev')
}
extras['dev'] += extras['app']
setup(
    name=package,
    version=settings['version'],
    description=settings['description'],
    author=settings['author'],
    author_email=settings['author_email'],
    url=settings['git_url'],
    license='Apache-2.0',
    python_requires=f'>={settings["min_python"]}',
    long_description=Path('README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    packages=find_packages(include=[package, f'{package}.*']),
    package_data={
        package: [
            'py.typed',
            'corpora/*',
            'weights/tiny/*',
            'figures/*',
            'pretrained/*/*',
        ]
    },
    install_requires=settings['requirements'].split(),
    extras_require=extras,
    entry_points={
        'console_scripts': settings['console_scripts'].split(),
        'nbdev': [f'{package}={package}._modidx:d'],
    },
)
