"""The shape of a notice in the API."""

from __future__ import annotations

from rest_framework import serializers


class Notice(serializers.Serializer):
    """One notice."""

    kind = serializers.CharField()
    title = serializers.CharField()
    body = serializers.CharField()
    is_security = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class NoticePage(serializers.Serializer):
    """A page of notices."""

    results = Notice(many=True)
    next = serializers.CharField(allow_null=True)
