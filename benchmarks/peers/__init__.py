"""Our pricing beside the discount engines of pretix and django-oscar, on the same baskets and promotions."""
