"""Axes, channels and physical sizes of images. Images of before are one plane; `manage.py convert_images` moves their
pixels."""

from typing import Any

from django.db import migrations, models


def describe_channels(apps: Any, _schema_editor: Any) -> None:
    for image in apps.get_model("annotation", "Image").objects.all():
        colours = ["#ffffff"] if image.channels == 1 else ["#ff0000", "#00ff00", "#0000ff"]
        image.rgb = image.channels == 3
        image.channel_info = [
            {"name": "", "colour": colour, "low": image.low, "high": image.high} for colour in colours
        ]
        image.save(update_fields=["rgb", "channel_info"])


class Migration(migrations.Migration):
    dependencies = [("annotation", "0004_regions")]

    operations = [
        migrations.AddField("image", "size_t", models.PositiveIntegerField(default=1, help_text="frames")),
        migrations.AddField("image", "size_z", models.PositiveIntegerField(default=1, help_text="slices")),
        migrations.AddField(
            "image", "rgb", models.BooleanField(default=False, help_text="the three channels are one colour image")
        ),
        migrations.AddField(
            "image",
            "channel_info",
            models.JSONField(default=list, help_text="name, colour (#rrggbb), low and high of each channel"),
        ),
        migrations.AddField(
            "image",
            "pixel_um_x",
            models.FloatField(null=True, help_text="width of a pixel in micrometres, where the file says so"),
        ),
        migrations.AddField("image", "pixel_um_y", models.FloatField(null=True, help_text="its height")),
        migrations.AddField("image", "pixel_um_z", models.FloatField(null=True, help_text="distance of two slices")),
        migrations.AddField(
            "image", "time_step", models.FloatField(null=True, help_text="seconds between two frames")
        ),
        migrations.RunPython(describe_channels, migrations.RunPython.noop),
        migrations.RemoveField("image", "low"),
        migrations.RemoveField("image", "high"),
        migrations.AlterField("image", "channels", models.PositiveSmallIntegerField()),
        migrations.AlterField(
            "image",
            "dtype",
            models.CharField(max_length=8, help_text="one of annotation.imaging.source.DTYPES"),
        ),
    ]
