"""The profile of a run that names none."""

from mock_idp.profiles.base import Profile
from mock_idp.settings import DEFAULT_PROFILE

PROFILE = Profile(DEFAULT_PROFILE, "Every provider with all its environments.")
