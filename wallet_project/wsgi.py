"""The web process: `granian --interface wsgi wallet_project.wsgi:application`."""

from django.core.wsgi import get_wsgi_application

from wallet_project import env

env.start()
application = get_wsgi_application()
