"""What a member is told about themselves."""

from rest_framework import serializers

from members.models import Member


class MemberSerializer(serializers.ModelSerializer[Member]):
    phone = serializers.CharField(source="masked_phone", read_only=True)

    class Meta:
        model = Member
        fields = ("number", "name", "phone", "joined_at")
        read_only_fields = fields
