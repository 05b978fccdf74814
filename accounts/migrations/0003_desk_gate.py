"""The desk's bridge to allauth's second factors: apart, since those in turn need our people."""

import django.db.models.deletion
import wallet_project.lib.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_sql'),
        ('mfa', '0003_authenticator_type_uniq'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuthenticatorDevice',
            fields=[
                ('confirmed', models.BooleanField(default=True, help_text='Is this device ready for use?')),
                ('id', models.UUIDField(default=wallet_project.lib.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('authenticator', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mfa.authenticator')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
    ]
