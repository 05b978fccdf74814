"""Sign-in, second factors and lock-out: the values of allauth, django-otp and django-axes, each with its reason."""
