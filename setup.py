"Package metadata, read from `settings.ini`."
from configparser import ConfigParser
from pathlib import Path
from setuptools import find_packages, setup

config = ConfigParser(delimiters=['='])
config.read('settings.ini', encoding='utf-8')
c = config['DEFAULT']
setup(name=c['lib_name'], version=c['version'], description=c['description'], author=c['author'], author_email=c['author_email'],
      url=c['git_url'], license='Apache-2.0', python_requires='>=' + c['min_python'],
      long_description=Path('README.md').read_text(encoding='utf-8'), long_description_content_type='text/markdown',
      packages=find_packages(include=[c['lib_path'], c['lib_path'] + '.*']),
      package_data={c['lib_path']: ['corpora/*', 'weights/tiny/*']},
      install_requires=c['requirements'].split(), extras_require=dict(app=c['app_requirements'].split(), dev=(c['dev_requirements'] + ' ' + c['app_requirements']).split()),
      entry_points=dict(console_scripts=c['console_scripts'].split(), nbdev=[f"{c['lib_path']}={c['lib_path']}._modidx:d"]))
